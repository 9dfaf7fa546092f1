// Filters that order, cut and count sequences.

#include <algorithm>

#include "text/template/builtin_objects.h"
#include "text/template/filter_tables.h"
#include "text/template/merge_sort.h"
#include "text/template/semantics.h"
#include "text/template/string_ops.h"

namespace ridge::text {
namespace {

bool is_given(const Value* value) {
  return value && !value->is(Kind::kNone);
}
bool is_true(Runtime& rt, const Value* value) {
  return value && truthy(rt, *value);
}

Value generator(const Value& input, std::vector<Value> items) {
  int depth = input.depth();
  for (const Value& item : items) depth = std::max(depth, item.depth());
  return Value::object(
      std::make_shared<Generator>(std::make_unique<ItemsCursor>(std::move(items)), depth + 1));
}

// Strings compare without regard to case unless somebody insists.
Value folded(Runtime& rt, const Value& value, bool case_sensitive) {
  if (case_sensitive || !value.is(Kind::kString)) return value;
  return Value::string(map_case(rt, value.text(), CaseMap::kLower));
}

struct SortKey {
  const Value* attribute = nullptr;  // null or none: the item itself
  bool case_sensitive = false;
};

Value key_of(Runtime& rt, const Value& item, const SortKey& key) {
  return folded(rt, is_given(key.attribute) ? get_path(rt, item, *key.attribute) : item,
                key.case_sensitive);
}

std::vector<Value> sorted(Runtime& rt, std::vector<Value> items, const std::vector<Value>& keys,
                          bool reverse) {
  std::vector<size_t> order(items.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  merge_sort(order, [&](size_t a, size_t b) {
    return reverse ? less(rt, keys[b], keys[a]) : less(rt, keys[a], keys[b]);
  });
  std::vector<Value> out;
  out.reserve(items.size());
  for (const size_t i : order) out.push_back(std::move(items[i]));
  return out;
}

// sort's attribute may name several, as "age,name".
Value sort_key(Runtime& rt, const Value& item, const SortKey& key) {
  if (!is_given(key.attribute) || !key.attribute->is(Kind::kString)) {
    return Value::list({key_of(rt, item, key)});
  }
  const std::string comma = ",";
  std::vector<Value> parts;
  for (Text& name : split(rt, key.attribute->text(), {.separator = &comma})) {
    parts.push_back(
        folded(rt, get_path(rt, item, Value::string(std::move(name))), key.case_sensitive));
  }
  return Value::list(std::move(parts));
}

Value filter_sort(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"sort", {"reverse", "case_sensitive", "attribute"}});
  const SortKey key{bound[2], is_true(rt, bound[1])};
  std::vector<Value> items = to_items(rt, input);
  std::vector<Value> keys;
  for (const Value& item : items) keys.push_back(sort_key(rt, item, key));
  return Value::list(sorted(rt, std::move(items), keys, is_true(rt, bound[0])));
}

Value filter_dictsort(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"dictsort", {"case_sensitive", "by", "reverse"}});
  const bool case_sensitive = is_true(rt, bound[0]);
  const std::string by = bound[1] ? require_text(*bound[1], "by").bytes : "key";
  if (by != "key" && by != "value") {
    fail(ErrorCode::kInvalidArgument,
         "FilterArgumentError: you can only sort by either \"key\" or \"value\"");
  }
  if (input.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, input.undefined_message());
  if (!input.is(Kind::kDict)) type_error("dictsort needs a mapping, not ", type_name(input));
  std::vector<Value> items;
  std::vector<Value> keys;
  for (const auto& [name, value] : input.dict().items()) {
    items.push_back(Value::tuple({name, value}));
    keys.push_back(folded(rt, by == "key" ? name : value, case_sensitive));
  }
  return Value::list(sorted(rt, std::move(items), keys, is_true(rt, bound[2])));
}

class UniqueCursor : public Cursor {
 public:
  UniqueCursor(std::unique_ptr<Cursor> source, const Value* attribute, bool case_sensitive)
      : source_(std::move(source)), case_sensitive_(case_sensitive) {
    if (attribute) attribute_ = *attribute;
  }
  std::optional<Value> next(Runtime& rt) override {
    while (auto item = source_->next(rt)) {
      Value key = key_of(
          rt, *item, {attribute_.is(Kind::kUndefined) ? nullptr : &attribute_, case_sensitive_});
      const auto seen = [&](const Value& known) { return equal(rt, known, key); };
      // Only hashable keys are allowed, as in Python's set.
      Value::dict({{key, Value::none()}});
      if (std::any_of(seen_.begin(), seen_.end(), seen)) continue;
      seen_.push_back(std::move(key));
      return item;
    }
    return std::nullopt;
  }

 private:
  std::unique_ptr<Cursor> source_;
  Value attribute_;
  bool case_sensitive_;
  std::vector<Value> seen_;
};

Value filter_unique(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"unique", {"case_sensitive", "attribute"}});
  return Value::object(std::make_shared<Generator>(
      std::make_unique<UniqueCursor>(iterate(rt, input), bound[1], is_true(rt, bound[0])),
      input.depth() + 1));
}

enum class Extreme { kLeast, kGreatest };

template <Extreme kWhich>
Value filter_extreme(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"min", {"case_sensitive", "attribute"}});
  const SortKey key{bound[1], is_true(rt, bound[0])};
  const auto cursor = iterate(rt, input);
  auto best = cursor->next(rt);
  if (!best) return Value::undefined({.hint = "no aggregated item, sequence was empty"});
  Value best_key = key_of(rt, *best, key);
  while (auto item = cursor->next(rt)) {
    Value item_key = key_of(rt, *item, key);
    const bool better = kWhich == Extreme::kLeast ? less(rt, item_key, best_key)
                                                  : compare(rt, CompareOp::kGt, item_key, best_key);
    if (!better) continue;
    best = std::move(item);
    best_key = std::move(item_key);
  }
  return *best;
}

// What groupby returns: a pair whose parts have names.
class GroupObject : public Object {
 public:
  GroupObject(Value grouper, Value members)
      : Object(std::max(grouper.depth(), members.depth()) + 1),
        pair_(Value::tuple({std::move(grouper), std::move(members)})) {}
  std::string_view type_name() const override { return "_GroupTuple"; }
  std::string repr(Runtime& rt) override { return text::repr(rt, pair_); }
  std::optional<Value> attribute(Runtime&, std::string_view name) override {
    if (name == "grouper") return pair_.items()[0];
    if (name == "list") return pair_.items()[1];
    return std::nullopt;
  }
  std::optional<Value> item(Runtime& rt, const Value& key) override {
    return key.is(Kind::kInt) ? std::optional(get_item(rt, pair_, key)) : std::nullopt;
  }
  bool iterable() const override { return true; }
  std::unique_ptr<Cursor> iterate(Runtime& rt) override { return text::iterate(rt, pair_); }
  std::optional<int64_t> length(Runtime&) override { return 2; }
  bool subscriptable() const override { return true; }

 private:
  Value pair_;
};

Value filter_groupby(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"groupby", {"attribute", "default", "case_sensitive"}, 1});
  const bool case_sensitive = is_true(rt, bound[2]);
  const auto value_of = [&](const Value& item) {
    return get_path(rt, item, *bound[0], bound[1] ? *bound[1] : Value::none());
  };
  std::vector<Value> items = to_items(rt, input);
  std::vector<Value> keys;
  for (const Value& item : items) keys.push_back(folded(rt, value_of(item), case_sensitive));
  items = sorted(rt, std::move(items), keys, false);
  std::vector<Value> groups;
  for (size_t begin = 0; begin < items.size();) {
    const Value key = folded(rt, value_of(items[begin]), case_sensitive);
    size_t end = begin + 1;
    while (end < items.size() && equal(rt, folded(rt, value_of(items[end]), case_sensitive), key)) {
      ++end;
    }
    std::vector<Value> members(items.begin() + std::ptrdiff_t(begin),
                               items.begin() + std::ptrdiff_t(end));
    const Value shown = case_sensitive ? key : value_of(members[0]);
    groups.push_back(
        Value::object(std::make_shared<GroupObject>(shown, Value::list(std::move(members)))));
    begin = end;
  }
  return Value::list(std::move(groups));
}

Value filter_batch(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"batch", {"linecount", "fill_with"}, 1});
  const int64_t size = require_int(*bound[0], "linecount");
  std::vector<Value> rows;
  std::vector<Value> row;
  for (Value& item : to_items(rt, input)) {
    if (int64_t(row.size()) == size) rows.push_back(Value::list(std::exchange(row, {})));
    row.push_back(std::move(item));
  }
  if (!row.empty() && is_given(bound[1])) {
    const int64_t missing = std::max<int64_t>(size - int64_t(row.size()), 0);
    rt.step(missing);
    row.insert(row.end(), size_t(missing), *bound[1]);
  }
  if (!row.empty()) rows.push_back(Value::list(std::move(row)));
  return generator(input, std::move(rows));
}

Value filter_slice(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"slice", {"slices", "fill_with"}, 1});
  const int64_t slices = require_int(*bound[0], "slices");
  const std::vector<Value> items = to_items(rt, input);
  if (slices == 0) fail(ErrorCode::kInvalidArgument, "ZeroDivisionError: division by zero");
  rt.step(std::max<int64_t>(slices, 0));
  const int64_t each = slices > 0 ? int64_t(items.size()) / slices : 0;
  const int64_t longer = slices > 0 ? int64_t(items.size()) % slices : 0;
  std::vector<Value> columns;
  size_t begin = 0;
  for (int64_t i = 0; i < slices; ++i) {
    const size_t end = begin + size_t(each + (i < longer ? 1 : 0));
    std::vector<Value> column(items.begin() + std::ptrdiff_t(begin),
                              items.begin() + std::ptrdiff_t(end));
    if (is_given(bound[1]) && i >= longer) column.push_back(*bound[1]);
    columns.push_back(Value::list(std::move(column)));
    begin = end;
  }
  return generator(input, std::move(columns));
}

Value filter_list(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"list", {}});
  return Value::list(to_items(rt, input));
}

Value filter_length(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"length", {}});
  const auto n = length(rt, input);
  if (!n) type_error("object of type '", type_name(input), "' has no len()");
  return Value(*n);
}

Value filter_first(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"first", {}});
  if (auto item = iterate(rt, input)->next(rt)) return *item;
  return Value::undefined({.hint = "no first item, sequence was empty"});
}

// Python's reversed() takes sequences, dictionaries and their views.
bool is_reversible(const Value& value) {
  if (!value.is(Kind::kObject)) return is_iterable(value);
  return value.object().subscriptable() || dynamic_cast<DictView*>(&value.object());
}

Value filter_last(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"last", {}});
  const Value nothing = Value::undefined({.hint = "no last item, sequence was empty"});
  if (!is_reversible(input)) type_error("'", type_name(input), "' object is not reversible");
  if (input.is(Kind::kString)) {
    return input.bytes().empty() ? nothing : get_item(rt, input, Value(int64_t{-1}));
  }
  const std::vector<Value> items = to_items(rt, input);
  return items.empty() ? nothing : items.back();
}

Value filter_reverse(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"reverse", {}});
  if (input.is(Kind::kString)) {
    return get_slice(rt, input, {.step = Value(int64_t{-1})});
  }
  if (!is_iterable(input)) {
    fail(ErrorCode::kInvalidArgument, "FilterArgumentError: argument must be iterable");
  }
  std::vector<Value> items = to_items(rt, input);
  std::reverse(items.begin(), items.end());
  return is_reversible(input) ? generator(input, std::move(items)) : Value::list(std::move(items));
}

Value filter_items(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"items", {}});
  if (input.is(Kind::kUndefined)) return generator(input, {});
  if (!input.is(Kind::kDict)) type_error("can only get item pairs from a mapping");
  return generator(
      input,
      to_items(rt, Value::object(std::make_shared<DictView>(input, DictView::Part::kItems))));
}

Value filter_sum(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"sum", {"attribute", "start"}});
  Value total = bound[1] ? *bound[1] : Value(int64_t{0});
  if (total.is(Kind::kString)) type_error("sum() can't sum strings [use ''.join(seq) instead]");
  const auto cursor = iterate(rt, input);
  while (const auto item = cursor->next(rt)) {
    total = binary(rt, BinaryOp::kAdd, total,
                   is_given(bound[0]) ? get_path(rt, *item, *bound[0]) : *item);
  }
  return total;
}

constexpr FilterEntry kFilters[] = {
    {"sort", filter_sort},
    {"dictsort", filter_dictsort},
    {"unique", filter_unique},
    {"min", filter_extreme<Extreme::kLeast>},
    {"max", filter_extreme<Extreme::kGreatest>},
    {"groupby", filter_groupby},
    {"batch", filter_batch},
    {"slice", filter_slice},
    {"list", filter_list},
    {"length", filter_length},
    {"count", filter_length},
    {"first", filter_first},
    {"last", filter_last},
    {"reverse", filter_reverse},
    {"items", filter_items},
    {"sum", filter_sum},
};

}  // namespace

std::span<const FilterEntry> sequence_filters() {
  return kFilters;
}

}  // namespace ridge::text
