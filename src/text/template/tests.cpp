// Tests: what may follow `is`.

#include <unordered_map>

#include "text/template/filters.h"
#include "text/template/semantics.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

template <Kind kKind>
bool test_kind(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"test", {}});
  return input.is(kKind);
}

bool test_defined(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"defined", {}});
  return !input.is(Kind::kUndefined);
}

template <bool kWanted>
bool test_constant(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"test", {}});
  return input.is(Kind::kBool) && input.as_bool() == kWanted;
}

bool test_number(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"number", {}});
  return as_number(input).has_value();
}

bool test_sequence(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"sequence", {}});
  if (input.is(Kind::kObject)) return input.object().subscriptable() && input.object().length(rt);
  return is_iterable(input);
}

bool test_iterable(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"iterable", {}});
  return is_iterable(input);
}

bool test_callable(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"callable", {}});
  // Undefined has a __call__, which raises.
  return input.is(Kind::kUndefined) || (input.is(Kind::kObject) && input.object().callable());
}

bool test_escaped(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"escaped", {}});
  return input.is_markup();
}

bool test_sameas(Runtime&, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"sameas", {"other"}, 1});
  return input.same(*bound[0]);
}

template <CompareOp kOp>
bool test_compare(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"comparison", {"other"}, 1});
  return compare(rt, kOp, input, *bound[0]);
}

Value remainder(Runtime& rt, const Value& input, const Value& by) {
  return binary(rt, BinaryOp::kMod, input, by);
}

template <int64_t kRest>
bool test_parity(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"parity", {}});
  return equal(rt, remainder(rt, input, Value(int64_t{2})), Value(kRest));
}

bool test_divisibleby(Runtime& rt, const Value& input, const CallArgs& args) {
  const auto bound = bind(args, {"divisibleby", {"num"}, 1});
  return equal(rt, remainder(rt, input, *bound[0]), Value(int64_t{0}));
}

template <bool (*kWanted)(char32_t), bool (*kRefused)(char32_t)>
bool test_case(Runtime& rt, const Value& input, const CallArgs& args) {
  bind(args, {"case", {}});
  const Text text = to_text(rt, input);
  bool found = false;
  for (size_t pos = 0; pos < text.bytes.size();) {
    const Char c = char_at(text.bytes, pos);
    if (kRefused(c.code) || is_title(c.code)) return false;
    found |= kWanted(c.code);
    pos += c.length;
  }
  return found;
}

bool test_filter(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"filter", {}});
  return input.is(Kind::kString) && find_filter(input.bytes());
}

bool test_test(Runtime&, const Value& input, const CallArgs& args) {
  bind(args, {"test", {}});
  return input.is(Kind::kString) && find_test(input.bytes());
}

const std::unordered_map<std::string_view, TestFunction>& all_tests() {
  static const std::unordered_map<std::string_view, TestFunction> tests = {
      {"odd", test_parity<1>},
      {"even", test_parity<0>},
      {"divisibleby", test_divisibleby},
      {"defined", test_defined},
      {"undefined", test_kind<Kind::kUndefined>},
      {"filter", test_filter},
      {"test", test_test},
      {"none", test_kind<Kind::kNone>},
      {"boolean", test_kind<Kind::kBool>},
      {"false", test_constant<false>},
      {"true", test_constant<true>},
      {"integer", test_kind<Kind::kInt>},
      {"float", test_kind<Kind::kFloat>},
      {"lower", test_case<is_lower, is_upper>},
      {"upper", test_case<is_upper, is_lower>},
      {"string", test_kind<Kind::kString>},
      {"mapping", test_kind<Kind::kDict>},
      {"number", test_number},
      {"sequence", test_sequence},
      {"iterable", test_iterable},
      {"callable", test_callable},
      {"sameas", test_sameas},
      {"escaped", test_escaped},
      {"in", test_compare<CompareOp::kIn>},
      {"==", test_compare<CompareOp::kEq>},
      {"eq", test_compare<CompareOp::kEq>},
      {"equalto", test_compare<CompareOp::kEq>},
      {"!=", test_compare<CompareOp::kNe>},
      {"ne", test_compare<CompareOp::kNe>},
      {">", test_compare<CompareOp::kGt>},
      {"gt", test_compare<CompareOp::kGt>},
      {"greaterthan", test_compare<CompareOp::kGt>},
      {">=", test_compare<CompareOp::kGe>},
      {"ge", test_compare<CompareOp::kGe>},
      {"<", test_compare<CompareOp::kLt>},
      {"lt", test_compare<CompareOp::kLt>},
      {"lessthan", test_compare<CompareOp::kLt>},
      {"<=", test_compare<CompareOp::kLe>},
      {"le", test_compare<CompareOp::kLe>},
  };
  return tests;
}

}  // namespace

TestFunction find_test(std::string_view name) {
  const auto it = all_tests().find(name);
  return it == all_tests().end() ? nullptr : it->second;
}

}  // namespace ridge::text
