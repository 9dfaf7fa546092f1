#include <algorithm>
#include <charconv>

#include "text/template/builtin_objects.h"
#include "text/template/semantics.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

class ListCursor : public Cursor {
 public:
  explicit ListCursor(Value list) : list_(std::move(list)) {}
  std::optional<Value> next(Runtime& rt) override {
    rt.step();
    const auto& items = list_.items();
    return index_ < items.size() ? std::optional<Value>(items[index_++]) : std::nullopt;
  }

 private:
  Value list_;
  size_t index_ = 0;
};

class StringCursor : public Cursor {
 public:
  explicit StringCursor(Value string) : string_(std::move(string)) {}
  std::optional<Value> next(Runtime& rt) override {
    rt.step();
    const Text& text = string_.text();
    if (pos_ >= text.bytes.size()) return std::nullopt;
    const size_t begin = pos_;
    pos_ += char_at(text.bytes, pos_).length;
    return Value::string(slice(text, begin, pos_));
  }

 private:
  Value string_;
  size_t pos_ = 0;
};

class EmptyCursor : public Cursor {
 public:
  std::optional<Value> next(Runtime&) override { return std::nullopt; }
};

Value missing(const Value& owner, std::string_view name) {
  return Value::undefined({.name = std::string(name), .owner_type = type_name(owner)});
}

// What the sandbox hides: it exists, but any use of it raises.
Value forbidden(const Value& owner, std::string_view name) {
  return Value::undefined({.name = std::string(name),
                           .hint = cat("SecurityError: access to attribute '", name, "' of '",
                                       type_name(owner), "' object is unsafe.")});
}

bool is_dunder(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

// What Python's getattr would find, nothing for an AttributeError.
std::optional<Value> find_attribute(Runtime& rt, const Value& owner, std::string_view name) {
  const Method* method = nullptr;
  switch (owner.kind()) {
    case Kind::kString:
      method = find_string_method(name);
      break;
    case Kind::kList:
      if (changes_list(name)) return forbidden(owner, name);
      method = find_list_method(name);
      break;
    case Kind::kTuple:
      if (name != "copy") method = find_list_method(name);
      break;
    case Kind::kDict:
      if (changes_dict(name)) return forbidden(owner, name);
      method = find_dict_method(name);
      break;
    case Kind::kObject:
      if (auto value = owner.object().attribute(rt, name)) return value;
      break;
    default:
      break;
  }
  if (method) return Value::object(std::make_shared<BoundMethod>(owner, *method));
  if (is_dunder(name)) return forbidden(owner, name);
  return std::nullopt;
}

// What Python's owner[key] would find, nothing for a TypeError or LookupError.
std::optional<Value> find_item(Runtime& rt, const Value& owner, const Value& key) {
  switch (owner.kind()) {
    case Kind::kDict: {
      if (key.is(Kind::kList) || key.is(Kind::kDict)) return std::nullopt;
      if (key.is(Kind::kString)) rt.step_bytes(key.bytes().size());
      const Value* found = owner.dict().find(key);
      return found ? std::optional<Value>(*found) : std::nullopt;
    }
    case Kind::kList:
    case Kind::kTuple: {
      const auto& items = owner.items();
      auto index = as_index(key);
      if (!index) return std::nullopt;
      if (*index < 0) *index += int64_t(items.size());
      if (*index < 0 || *index >= int64_t(items.size())) return std::nullopt;
      return items[size_t(*index)];
    }
    case Kind::kString: {
      const auto index = as_index(key);
      if (!index) return std::nullopt;
      rt.step_bytes(owner.bytes().size());
      const auto n = int64_t(count_chars(owner.bytes()));
      const int64_t at = *index < 0 ? *index + n : *index;
      if (at < 0 || at >= n) return std::nullopt;
      const size_t begin = byte_of_char(owner.bytes(), size_t(at));
      const size_t length = char_at(owner.bytes(), begin).length;
      return Value::string(slice(owner.text(), begin, begin + length));
    }
    case Kind::kObject:
      return owner.object().item(rt, key);
    default:
      return std::nullopt;
  }
}

struct SliceRange {
  int64_t start;
  int64_t stop;
  int64_t step;
};

// Python's slice.indices.
SliceRange resolve(const SliceBounds& bounds, int64_t n) {
  const auto part = [](const Value& value) -> std::optional<int64_t> {
    if (value.is(Kind::kNone)) return std::nullopt;
    return require_int(value, "a slice index");
  };
  const int64_t step = part(bounds.step).value_or(1);
  if (step == 0) value_error("slice step cannot be zero");
  const int64_t lowest = step < 0 ? -1 : 0;
  const int64_t highest = step < 0 ? n - 1 : n;
  const auto clamp = [&](std::optional<int64_t> at, int64_t otherwise) {
    if (!at) return otherwise;
    const int64_t absolute = *at < 0 ? *at + n : *at;
    return std::clamp(absolute, lowest, highest);
  };
  return {clamp(part(bounds.start), step < 0 ? highest : lowest),
          clamp(part(bounds.stop), step < 0 ? lowest : highest), step};
}

// Calls visit(index) for every index of the slice.
template <class Visit>
void walk(Runtime& rt, const SliceRange& range, const Visit& visit) {
  for (int64_t i = range.start; range.step > 0 ? i < range.stop : i > range.stop;) {
    rt.step();
    visit(size_t(i));
    if (__builtin_add_overflow(i, range.step, &i)) break;
  }
}

Value slice_string(Runtime& rt, const Value& owner, const SliceBounds& bounds) {
  const Text& text = owner.text();
  rt.step_bytes(text.bytes.size());
  const SliceRange range = resolve(bounds, int64_t(count_chars(text.bytes)));
  TextBuilder out;
  if (range.step == 1) {
    const size_t begin = byte_of_char(text.bytes, size_t(range.start));
    const size_t end = byte_of_char(text.bytes, size_t(std::max(range.start, range.stop)));
    out.append(text, begin, end);
  } else {
    std::vector<size_t> starts;
    for (size_t pos = 0; pos < text.bytes.size(); pos += char_at(text.bytes, pos).length) {
      starts.push_back(pos);
    }
    rt.step(int64_t(starts.size()) / 8);
    // Not marked: what is put together backwards or with gaps nobody has written.
    walk(rt, range, [&](size_t i) {
      out.append_untrusted(
          std::string_view(text.bytes).substr(starts[i], char_at(text.bytes, starts[i]).length));
    });
  }
  return owner.is_markup() ? Value::markup(out.take()) : Value::string(out.take());
}

}  // namespace

Value get_attribute(Runtime& rt, const Value& owner, std::string_view name) {
  if (owner.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, owner.undefined_message());
  if (auto found = find_attribute(rt, owner, name)) return *found;
  if (owner.is(Kind::kDict)) {
    if (const Value* found = owner.dict().find(name)) return *found;
  } else if (owner.is(Kind::kObject)) {
    if (auto found = owner.object().item(rt, Value::string(std::string(name)))) return *found;
  }
  return missing(owner, name);
}

Value get_item(Runtime& rt, const Value& owner, const Value& key) {
  if (owner.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, owner.undefined_message());
  if (auto found = find_item(rt, owner, key)) return *found;
  if (!key.is(Kind::kString)) return missing(owner, repr(rt, key));
  if (auto found = find_attribute(rt, owner, key.bytes())) return *found;
  return missing(owner, key.bytes());
}

Value get_slice(Runtime& rt, const Value& owner, const SliceBounds& bounds) {
  switch (owner.kind()) {
    case Kind::kString:
      return slice_string(rt, owner, bounds);
    case Kind::kList:
    case Kind::kTuple: {
      std::vector<Value> items;
      walk(rt, resolve(bounds, int64_t(owner.items().size())),
           [&](size_t i) { items.push_back(owner.items()[i]); });
      return owner.is(Kind::kTuple) ? Value::tuple(std::move(items))
                                    : Value::list(std::move(items));
    }
    case Kind::kUndefined:
      fail(ErrorCode::kInvalidArgument, owner.undefined_message());
    case Kind::kObject:
      if (const auto* range = dynamic_cast<const RangeObject*>(&owner.object())) {
        const auto [start, stop, step] = resolve(bounds, range->size());
        return Value::object(range->part(start, stop, step));
      }
      if (owner.object().subscriptable()) {
        return get_slice(rt, Value::list(to_items(rt, owner)), bounds);
      }
      break;
    default:
      break;
  }
  return missing(owner, "slice");
}

Value get_path(Runtime& rt, const Value& owner, const Value& path, const Value& otherwise) {
  const auto step = [&](const Value& from, const Value& key) {
    Value found = get_item(rt, from, key);
    return found.is(Kind::kUndefined) && !otherwise.is(Kind::kNone) ? otherwise : found;
  };
  if (!path.is(Kind::kString)) return step(owner, path);
  Value value = owner;
  const std::string_view names = path.bytes();
  for (size_t begin = 0; begin <= names.size();) {
    rt.step();
    const size_t end = std::min(names.find('.', begin), names.size());
    const std::string_view name = names.substr(begin, end - begin);
    int64_t index = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    const bool is_index = !name.empty() && name[0] != '-' && error == std::errc{} &&
                          stop == name.data() + name.size();
    value = step(value, is_index ? Value(index) : Value::string(std::string(name)));
    begin = end + 1;
  }
  return value;
}

Value call(Runtime& rt, const Value& callee, const CallArgs& args) {
  if (callee.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, callee.undefined_message());
  if (!callee.is(Kind::kObject)) type_error("'", type_name(callee), "' object is not callable");
  rt.step(int64_t(args.positional.size() + args.named.size()));
  return callee.object().call(rt, args);
}

bool is_iterable(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kString:
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
      return true;
    case Kind::kObject:
      return value.object().iterable();
    default:
      return false;
  }
}

std::unique_ptr<Cursor> iterate(Runtime& rt, const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return std::make_unique<EmptyCursor>();
    case Kind::kString:
      return std::make_unique<StringCursor>(value);
    case Kind::kList:
    case Kind::kTuple:
      return std::make_unique<ListCursor>(value);
    case Kind::kDict:
      return DictView(value, DictView::Part::kKeys).iterate(rt);
    case Kind::kObject:
      return value.object().iterate(rt);
    default:
      type_error("'", type_name(value), "' object is not iterable");
  }
}

std::vector<Value> to_items(Runtime& rt, const Value& value) {
  std::vector<Value> items;
  const auto cursor = iterate(rt, value);
  while (auto item = cursor->next(rt)) items.push_back(std::move(*item));
  return items;
}

std::optional<int64_t> length(Runtime& rt, const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return 0;
    case Kind::kString:
      rt.step_bytes(value.bytes().size());
      return int64_t(count_chars(value.bytes()));
    case Kind::kList:
    case Kind::kTuple:
      return int64_t(value.items().size());
    case Kind::kDict:
      return int64_t(value.dict().items().size());
    case Kind::kObject:
      return value.object().length(rt);
    default:
      return std::nullopt;
  }
}

}  // namespace ridge::text
