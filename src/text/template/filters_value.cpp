// Filters on single values: defaults, numbers, attributes.

#include <cmath>

#include "text/template/builtin_objects.h"
#include "text/template/filter_tables.h"
#include "text/template/number_format.h"
#include "text/template/number_parse.h"
#include "text/template/semantics.h"

namespace ridge::text {
namespace {

Value filter_default(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"default", {"default_value", "boolean"}});
  const bool falsy_too = bound[1] && truthy(rt, *bound[1]);
  const bool replaced = input.is(Kind::kUndefined) || (falsy_too && !truthy(rt, input));
  if (!replaced) return input;
  return bound[0] ? *bound[0] : Value::string("");
}

Value truncated(double value, const Value& otherwise) {
  if (!std::isfinite(value)) return otherwise;
  if (std::abs(value) >= 0x1p63) {
    fail(ErrorCode::kUnsupported, "an integer of the template does not fit into 64 bits");
  }
  return Value(int64_t(value));
}

Value filter_int(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"int", {"default", "base"}});
  const Value otherwise = bound[0] ? *bound[0] : Value(int64_t{0});
  const int64_t base = bound[1] ? require_int(*bound[1], "base") : 10;
  if (const auto index = as_index(input)) return Value(*index);
  if (input.is(Kind::kFloat)) {
    if (std::isinf(input.as_float())) {
      fail(ErrorCode::kInvalidArgument, "OverflowError: cannot convert float infinity to integer");
    }
    return truncated(input.as_float(), otherwise);
  }
  if (input.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, input.undefined_message());
  if (!input.is(Kind::kString)) return otherwise;
  rt.step_bytes(input.bytes().size());
  if (base == 0 || (base >= 2 && base <= 36)) {
    if (const auto value = parse_int(input.bytes(), int(base))) return Value(*value);
  }
  const auto value = parse_float(input.bytes());
  return value ? truncated(*value, otherwise) : otherwise;
}

Value filter_float(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"float", {"default"}});
  if (const auto number = as_number(input)) return Value(*number);
  if (input.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, input.undefined_message());
  if (input.is(Kind::kString)) {
    rt.step_bytes(input.bytes().size());
    if (const auto value = parse_float(input.bytes())) return Value(*value);
  }
  return bound[0] ? *bound[0] : Value(0.0);
}

Value filter_abs(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"abs", {}});
  if (const auto index = as_index(input)) return *index < 0 ? negate(Value(*index)) : Value(*index);
  if (input.is(Kind::kFloat)) return Value(std::abs(input.as_float()));
  if (input.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, input.undefined_message());
  type_error("bad operand type for abs(): '", type_name(input), "'");
}

// Correctly rounded, halves to even: by way of the decimal digits, as CPython does.
double round_float(double value, int64_t digits) {
  if (!std::isfinite(value) || digits > 323) return value;
  if (digits < -308) return std::copysign(0.0, value);
  if (digits < 0) {
    const double scale = std::pow(10.0, double(-digits));
    return std::nearbyint(value / scale) * scale;
  }
  const FieldSpec spec{.precision = int(digits), .type = 'f'};
  return std::copysign(*parse_float(float_digits(std::abs(value), spec)), value);
}

int64_t round_int(int64_t value, int64_t digits) {
  if (digits >= 0) return value;
  if (digits < -18) return 0;
  int64_t scale = 1;
  for (int64_t i = 0; i < -digits; ++i) scale *= 10;
  const int64_t rest = value % scale;
  const int64_t down = value - rest;
  const int64_t half = scale / 2;
  const int64_t distance = rest < 0 ? -rest : rest;
  const bool odd = (down / scale) % 2 != 0;
  if (distance < half || (distance == half && !odd)) return down;
  int64_t out = 0;
  if (__builtin_add_overflow(down, value < 0 ? -scale : scale, &out)) {
    fail(ErrorCode::kUnsupported, "an integer of the template does not fit into 64 bits");
  }
  return out;
}

Value filter_round(Runtime&, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"round", {"precision", "method"}});
  const int64_t digits = bound[0] ? require_int(*bound[0], "precision") : 0;
  const std::string method = bound[1] ? require_text(*bound[1], "method").bytes : "common";
  if (method != "common" && method != "ceil" && method != "floor") {
    fail(ErrorCode::kInvalidArgument, "FilterArgumentError: method must be common, ceil or floor");
  }
  if (input.is(Kind::kUndefined)) fail(ErrorCode::kInvalidArgument, input.undefined_message());
  const auto number = as_number(input);
  if (!number) type_error("type ", type_name(input), " doesn't define __round__ method");
  if (method != "common") {
    const double scale = std::pow(10.0, double(digits));
    return Value((method == "ceil" ? std::ceil(*number * scale) : std::floor(*number * scale)) /
                 scale);
  }
  if (const auto index = as_index(input)) return Value(round_int(*index, digits));
  return Value(round_float(*number, digits));
}

Value filter_attr(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"attr", {"name"}, 1});
  const std::string& name = require_text(*bound[0], "the name of an attribute").bytes;
  // Unlike a dot, it never falls back to items: a dictionary has methods only.
  if (input.is(Kind::kDict) && !find_dict_method(name)) {
    return Value::undefined({.name = name, .owner_type = "dict"});
  }
  return get_attribute(rt, input, name);
}

Value unsupported(Runtime&, const Value&, const CallArgs&) {
  fail(ErrorCode::kUnsupported,
       "the template uses one of the filters filesizeformat, pprint, random, striptags, urlize, "
       "wordwrap and xmlattr, which are not supported");
}

constexpr FilterEntry kFilters[] = {
    {"default", filter_default}, {"d", filter_default},
    {"int", filter_int},         {"float", filter_float},
    {"abs", filter_abs},         {"round", filter_round},
    {"attr", filter_attr},       {"filesizeformat", unsupported},
    {"pprint", unsupported},     {"random", unsupported},
    {"striptags", unsupported},  {"urlize", unsupported},
    {"wordwrap", unsupported},   {"xmlattr", unsupported},
};

}  // namespace

std::span<const FilterEntry> value_filters() {
  return kFilters;
}

}  // namespace ridge::text
