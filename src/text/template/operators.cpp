#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "text/template/search.h"
#include "text/template/semantics.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

[[noreturn]] void fail_overflow() {
  fail(ErrorCode::kUnsupported, "an integer of the template does not fit into 64 bits");
}

[[noreturn]] void fail_zero() {
  fail(ErrorCode::kInvalidArgument, "ZeroDivisionError: division by zero");
}

std::string_view sign_of(BinaryOp op) {
  static constexpr std::array<std::string_view, 7> kSigns = {"+", "-", "*", "/", "//", "%", "**"};
  return kSigns[size_t(op)];
}

int64_t floor_div(int64_t a, int64_t b) {
  if (b == 0) fail_zero();
  if (b == -1) {
    int64_t out;
    if (__builtin_sub_overflow(int64_t{0}, a, &out)) fail_overflow();
    return out;
  }
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

double floor_mod(double a, double b) {
  if (b == 0) fail_zero();
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : std::copysign(rest, rest == 0 ? b : rest);
}

Value integer_power(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) fail_zero();
    return Value(std::pow(double(base), double(exponent)));
  }
  int64_t out = 1;
  while (exponent > 0) {
    if ((exponent & 1) && __builtin_mul_overflow(out, base, &out)) fail_overflow();
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) fail_overflow();
  }
  return Value(out);
}

Value integer_op(BinaryOp op, int64_t a, int64_t b) {
  int64_t out = 0;
  bool overflow = false;
  switch (op) {
    case BinaryOp::kAdd:
      overflow = __builtin_add_overflow(a, b, &out);
      break;
    case BinaryOp::kSub:
      overflow = __builtin_sub_overflow(a, b, &out);
      break;
    case BinaryOp::kMul:
      overflow = __builtin_mul_overflow(a, b, &out);
      break;
    case BinaryOp::kDiv:
      if (b == 0) fail_zero();
      return Value(double(a) / double(b));
    case BinaryOp::kFloorDiv:
      return Value(floor_div(a, b));
    case BinaryOp::kMod:
      return Value(b == -1 ? int64_t{0} : a - floor_div(a, b) * b);
    case BinaryOp::kPow:
      return integer_power(a, b);
  }
  if (overflow) fail_overflow();
  return Value(out);
}

Value float_op(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kAdd:
      return Value(a + b);
    case BinaryOp::kSub:
      return Value(a - b);
    case BinaryOp::kMul:
      return Value(a * b);
    case BinaryOp::kDiv:
      if (b == 0) fail_zero();
      return Value(a / b);
    case BinaryOp::kFloorDiv:
      if (b == 0) fail_zero();
      return Value(std::floor(a / b));
    case BinaryOp::kMod:
      return Value(floor_mod(a, b));
    case BinaryOp::kPow:
      break;
  }
  if (a == 0 && b < 0) fail_zero();
  const double out = std::pow(a, b);
  if (std::isnan(out) && !std::isnan(a) && !std::isnan(b)) {
    fail(ErrorCode::kUnsupported, "complex numbers are not supported in templates");
  }
  return Value(out);
}

Value join_strings(Runtime& rt, const Value& left, const Value& right) {
  TextBuilder out;
  const bool markup = left.is_markup() || right.is_markup();
  out.append(markup ? escape(rt, left) : left.text());
  out.append(markup ? escape(rt, right) : right.text());
  rt.make_bytes(out.size());
  return markup ? Value::markup(out.take()) : Value::string(out.take());
}

Value join_items(Runtime& rt, const Value& left, const Value& right) {
  std::vector<Value> items = left.items();
  items.insert(items.end(), right.items().begin(), right.items().end());
  rt.step(int64_t(items.size()));
  return left.is(Kind::kTuple) ? Value::tuple(std::move(items)) : Value::list(std::move(items));
}

bool is_sequence(const Value& value) {
  return value.is(Kind::kString) || value.is(Kind::kList) || value.is(Kind::kTuple);
}

[[noreturn]] void fail_operands(std::string_view sign, const Value& left, const Value& right) {
  for (const Value* side : {&left, &right}) {
    if (side->is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, side->undefined_message());
  }
  type_error("unsupported operands for ", sign, ": '", type_name(left), "' and '", type_name(right),
             "'");
}

// -1, 0, 1; 2 when a NaN makes them incomparable.
int order_numbers(const Value& left, const Value& right) {
  const auto a = as_index(left);
  const auto b = as_index(right);
  if (a && b) return *a < *b ? -1 : *a > *b;
  const double x = *as_number(left);
  const double y = *as_number(right);
  if (std::isnan(x) || std::isnan(y)) return 2;
  return x < y ? -1 : x > y;
}

// Lists and tuples compare by their first items that differ.
template <class Compare>
bool order_items(Runtime& rt, const Value& left, const Value& right, const Compare& compare_sizes) {
  const auto& a = left.items();
  const auto& b = right.items();
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (!equal(rt, a[i], b[i])) return compare_sizes(&a[i], &b[i]);
  }
  return compare_sizes(nullptr, nullptr);
}

bool ordered(Runtime& rt, CompareOp op, const Value& left, const Value& right) {
  rt.step();
  const auto decide = [op](int order) {
    switch (op) {
      case CompareOp::kLt:
        return order == -1;
      case CompareOp::kLe:
        return order == -1 || order == 0;
      case CompareOp::kGt:
        return order == 1;
      default:
        return order == 1 || order == 0;
    }
  };
  if (as_number(left) && as_number(right)) return decide(order_numbers(left, right));
  if (left.is(Kind::kString) && right.is(Kind::kString)) {
    rt.step_bytes(std::min(left.bytes().size(), right.bytes().size()));
    const int order = left.bytes().compare(right.bytes());
    return decide(order < 0 ? -1 : order > 0);
  }
  if (left.kind() == right.kind() && (left.is(Kind::kList) || left.is(Kind::kTuple))) {
    return order_items(rt, left, right, [&](const Value* a, const Value* b) {
      if (a) return ordered(rt, op, *a, *b);
      const size_t n = left.items().size();
      const size_t m = right.items().size();
      return decide(n < m ? -1 : n > m);
    });
  }
  static constexpr std::array<std::string_view, 4> kSigns = {"<", "<=", ">", ">="};
  fail_operands(kSigns[size_t(op) - size_t(CompareOp::kLt)], left, right);
}

bool equal_items(Runtime& rt, const std::vector<Value>& a, const std::vector<Value>& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [&](const Value& x, const Value& y) { return equal(rt, x, y); });
}

bool equal_dicts(Runtime& rt, const DictData& a, const DictData& b) {
  if (a.items().size() != b.items().size()) return false;
  return std::all_of(a.items().begin(), a.items().end(), [&](const DictData::Item& item) {
    const Value* other = b.find(item.first);
    return other && equal(rt, item.second, *other);
  });
}

}  // namespace

Value binary(Runtime& rt, BinaryOp op, const Value& left, const Value& right) {
  const auto a = as_index(left);
  const auto b = as_index(right);
  if (a && b) return integer_op(op, *a, *b);
  if (op == BinaryOp::kAdd && is_sequence(left) && left.kind() == right.kind()) {
    return left.is(Kind::kString) ? join_strings(rt, left, right) : join_items(rt, left, right);
  }
  if (op == BinaryOp::kMod && left.is(Kind::kString)) {
    Text out = format_percent(rt, left.text(), right, left.is_markup());
    return left.is_markup() ? Value::markup(std::move(out)) : Value::string(std::move(out));
  }
  if (op == BinaryOp::kMul && is_sequence(left) && b) return repeat(rt, left, *b);
  if (op == BinaryOp::kMul && is_sequence(right) && a) return repeat(rt, right, *a);
  const auto x = as_number(left);
  const auto y = as_number(right);
  if (x && y) return float_op(op, *x, *y);
  fail_operands(sign_of(op), left, right);
}

Value repeat(Runtime& rt, const Value& value, int64_t times) {
  const auto n = size_t(std::max<int64_t>(times, 0));
  const size_t size = value.is(Kind::kString) ? value.bytes().size() : value.items().size();
  const auto limit = size_t(rt.limits().max_output);
  if (size > 0 && n > limit / size) rt.make_bytes(limit + 1);
  if (value.is(Kind::kString)) {
    rt.make_bytes(size * n);
    TextBuilder out;
    rt.step(int64_t(size == 0 ? 0 : n));
    for (size_t i = 0; i < n && size > 0; ++i) out.append(value.text());
    return value.is_markup() ? Value::markup(out.take()) : Value::string(out.take());
  }
  rt.step(int64_t(size * n));
  std::vector<Value> items;
  for (size_t i = 0; i < n && size > 0; ++i) {
    items.insert(items.end(), value.items().begin(), value.items().end());
  }
  return value.is(Kind::kTuple) ? Value::tuple(std::move(items)) : Value::list(std::move(items));
}

Value negate(const Value& value) {
  if (const auto index = as_index(value)) return integer_op(BinaryOp::kSub, 0, *index);
  if (value.is(Kind::kFloat)) return Value(-value.as_float());
  if (value.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, value.undefined_message());
  type_error("bad operand for unary -: '", type_name(value), "'");
}

Value positive(const Value& value) {
  if (const auto index = as_index(value)) return Value(*index);
  if (value.is(Kind::kFloat)) return value;
  if (value.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, value.undefined_message());
  type_error("bad operand for unary +: '", type_name(value), "'");
}

bool equal(Runtime& rt, const Value& left, const Value& right) {
  rt.step();
  if (as_number(left) && as_number(right)) return order_numbers(left, right) == 0;
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::kString:
      if (left.bytes().size() != right.bytes().size()) return false;
      rt.step_bytes(left.bytes().size());
      return left.bytes() == right.bytes();
    case Kind::kList:
    case Kind::kTuple:
      return equal_items(rt, left.items(), right.items());
    case Kind::kDict:
      return equal_dicts(rt, left.dict(), right.dict());
    case Kind::kObject:
      return &left.object() == &right.object();
    default:
      return true;  // none and none, undefined and undefined
  }
}

bool less(Runtime& rt, const Value& left, const Value& right) {
  return ordered(rt, CompareOp::kLt, left, right);
}

bool compare(Runtime& rt, CompareOp op, const Value& left, const Value& right) {
  switch (op) {
    case CompareOp::kEq:
      return equal(rt, left, right);
    case CompareOp::kNe:
      return !equal(rt, left, right);
    case CompareOp::kIn:
      return contains(rt, right, left);
    case CompareOp::kNotIn:
      return !contains(rt, right, left);
    default:
      return ordered(rt, op, left, right);
  }
}

bool contains(Runtime& rt, const Value& container, const Value& item) {
  if (container.is(Kind::kString)) {
    if (!item.is(Kind::kString)) {
      type_error("'in <string>' requires a string as left operand, not '", type_name(item), "'");
    }
    rt.step_bytes(container.bytes().size());
    return find_bytes(container.bytes(), item.bytes()) != std::string_view::npos;
  }
  if (container.is(Kind::kDict)) {
    if (item.is(Kind::kString)) rt.step_bytes(item.bytes().size());
    return container.dict().find(item) != nullptr;
  }
  if (!is_iterable(container)) {
    type_error("argument of type '", type_name(container), "' is not iterable");
  }
  const auto cursor = iterate(rt, container);
  while (const auto next = cursor->next(rt)) {
    if (next->same(item) || equal(rt, *next, item)) return true;
  }
  return false;
}

}  // namespace ridge::text
