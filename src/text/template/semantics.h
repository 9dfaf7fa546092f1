// Python's meaning of the operations on values, as Jinja2's sandbox exposes them. Each throws
// Error{kInvalidArgument} where Python raises and charges the Runtime for its work.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/template/marked.h"
#include "text/template/object.h"
#include "text/template/runtime.h"
#include "text/template/value.h"

namespace ridge::text {

template <class... Parts>
[[noreturn]] void type_error(const Parts&... parts) {
  fail(ErrorCode::kInvalidArgument, "TypeError: ", parts...);
}
template <class... Parts>
[[noreturn]] void value_error(const Parts&... parts) {
  fail(ErrorCode::kInvalidArgument, "ValueError: ", parts...);
}

// ---- convert.cpp
std::string_view type_name(const Value& value);
bool truthy(Runtime& rt, const Value& value);
std::string float_repr(double value);
std::string repr(Runtime& rt, const Value& value);
Text to_text(Runtime& rt, const Value& value);  // str(value)
void append_text(Runtime& rt, TextBuilder& out, const Value& value);
// markupsafe.escape: Markup stays as it is.
Text escape(Runtime& rt, const Value& value);
std::optional<double> as_number(const Value& value);  // int, bool or float
std::optional<int64_t> as_index(const Value& value);  // int or bool
int64_t require_int(const Value& value, std::string_view what);
const Text& require_text(const Value& value, std::string_view what);

// ---- operators.cpp
enum class BinaryOp : uint8_t { kAdd, kSub, kMul, kDiv, kFloorDiv, kMod, kPow };
enum class CompareOp : uint8_t { kEq, kNe, kLt, kLe, kGt, kGe, kIn, kNotIn };
Value binary(Runtime& rt, BinaryOp op, const Value& left, const Value& right);
Value negate(const Value& value);
Value positive(const Value& value);
bool compare(Runtime& rt, CompareOp op, const Value& left, const Value& right);
bool equal(Runtime& rt, const Value& left, const Value& right);
bool less(Runtime& rt, const Value& left, const Value& right);
bool contains(Runtime& rt, const Value& container, const Value& item);
Value repeat(Runtime& rt, const Value& value, int64_t times);

// ---- access.cpp
struct SliceBounds {
  Value start = Value::none();
  Value stop = Value::none();
  Value step = Value::none();
};
Value get_attribute(Runtime& rt, const Value& owner, std::string_view name);
Value get_item(Runtime& rt, const Value& owner, const Value& key);
Value get_slice(Runtime& rt, const Value& owner, const SliceBounds& bounds);
// "author.name" or 0 or "pages.0": what the argument `attribute` of filters names.
// A given default takes the place of whatever is undefined on the way.
Value get_path(Runtime& rt, const Value& owner, const Value& path,
               const Value& otherwise = Value::none());
Value call(Runtime& rt, const Value& callee, const CallArgs& args);
std::unique_ptr<Cursor> iterate(Runtime& rt, const Value& value);  // TypeError when it cannot be
bool is_iterable(const Value& value);
std::vector<Value> to_items(Runtime& rt, const Value& value);  // list(value)
std::optional<int64_t> length(Runtime& rt, const Value& value);

// ---- format_percent.cpp, format_braces.cpp
Text format_percent(Runtime& rt, const Text& format, const Value& argument, bool escaping);
Text format_braces(Runtime& rt, const Text& format, const CallArgs& args, bool escaping);

// ---- arguments.cpp
struct Signature {
  std::string_view function;
  std::vector<std::string_view> parameters;
  size_t required = 0;
};
// One entry a parameter, null where none was given. TypeError for too many, too few, unknown names.
std::vector<const Value*> bind(const CallArgs& args, const Signature& signature);

}  // namespace ridge::text
