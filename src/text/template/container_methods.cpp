// The methods of Python's list, tuple and dict that the immutable sandbox allows.

#include <algorithm>

#include "text/template/builtin_objects.h"
#include "text/template/semantics.h"

namespace ridge::text {
namespace {

Value count_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"count", {"value"}, 1});
  const auto n = std::count_if(self.items().begin(), self.items().end(),
                               [&](const Value& item) { return equal(rt, item, *bound[0]); });
  return Value(int64_t(n));
}

Value index_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto bound = bind(args, {"index", {"value", "start", "stop"}, 1});
  const auto n = int64_t(self.items().size());
  const auto place = [&](const Value* value, int64_t otherwise) {
    const int64_t at = value ? require_int(*value, "an index") : otherwise;
    return std::clamp<int64_t>(at < 0 ? at + n : at, 0, n);
  };
  const int64_t stop = place(bound[2], n);
  for (int64_t i = place(bound[1], 0); i < stop; ++i) {
    if (equal(rt, self.items()[size_t(i)], *bound[0])) return Value(i);
  }
  value_error(repr(rt, *bound[0]), " is not in the list");
}

Value copy_method(Runtime&, const Value& self, const CallArgs& args) {
  bind(args, {"copy", {}});
  return self;  // immutable here
}

Value get_method(Runtime& rt, const Value& self, const CallArgs& args) {
  if (!args.named.empty()) type_error("dict.get() takes no keyword arguments");
  const auto bound = bind(args, {"get", {"key", "default"}, 1});
  if (bound[0]->is(Kind::kString)) rt.step_bytes(bound[0]->bytes().size());
  if (const Value* found = self.dict().find(*bound[0])) return *found;
  return bound[1] ? *bound[1] : Value::none();
}

template <DictView::Part kPart>
Value view_method(Runtime&, const Value& self, const CallArgs& args) {
  bind(args, {"dict view", {}});
  return Value::object(std::make_shared<DictView>(self, kPart));
}

constexpr Method kListMethods[] = {
    {"copy", copy_method}, {"count", count_method}, {"index", index_method}};

constexpr Method kDictMethods[] = {{"copy", copy_method},
                                   {"fromkeys", nullptr},
                                   {"get", get_method},
                                   {"items", view_method<DictView::Part::kItems>},
                                   {"keys", view_method<DictView::Part::kKeys>},
                                   {"values", view_method<DictView::Part::kValues>}};

constexpr std::string_view kListChanges[] = {"append", "clear",  "extend",  "insert",
                                             "pop",    "remove", "reverse", "sort"};
constexpr std::string_view kDictChanges[] = {"clear", "pop", "popitem", "setdefault", "update"};

template <size_t kCount>
const Method* find_in(const Method (&methods)[kCount], std::string_view name) {
  const auto* it = std::find_if(std::begin(methods), std::end(methods),
                                [&](const Method& method) { return method.name == name; });
  return it == std::end(methods) ? nullptr : it;
}

}  // namespace

const Method* find_list_method(std::string_view name) {
  return find_in(kListMethods, name);
}
const Method* find_dict_method(std::string_view name) {
  return find_in(kDictMethods, name);
}

bool changes_list(std::string_view name) {
  return std::find(std::begin(kListChanges), std::end(kListChanges), name) !=
         std::end(kListChanges);
}

bool changes_dict(std::string_view name) {
  return std::find(std::begin(kDictChanges), std::end(kDictChanges), name) !=
         std::end(kDictChanges);
}

}  // namespace ridge::text
