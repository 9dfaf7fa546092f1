#include "text/template/expression_parser.h"

#include <charconv>
#include <optional>

#include "text/template/ast_depth.h"

namespace ridge::text {
namespace {

[[noreturn]] void fail_nesting(int line, int limit) {
  fail(ErrorCode::kUnsupported, "template line ", line, ": nested deeper than the limit of ", limit,
       " levels");
}

std::string without_underscores(std::string_view digits) {
  std::string out(digits);
  std::erase(out, '_');
  return out;
}

std::optional<BinaryOp> product_op(std::string_view op) {
  if (op == "*") return BinaryOp::kMul;
  if (op == "/") return BinaryOp::kDiv;
  if (op == "//") return BinaryOp::kFloorDiv;
  if (op == "%") return BinaryOp::kMod;
  return std::nullopt;
}

std::optional<CompareOp> compare_op(std::string_view op) {
  if (op == "==") return CompareOp::kEq;
  if (op == "!=") return CompareOp::kNe;
  if (op == "<") return CompareOp::kLt;
  if (op == "<=") return CompareOp::kLe;
  if (op == ">") return CompareOp::kGt;
  if (op == ">=") return CompareOp::kGe;
  return std::nullopt;
}

}  // namespace

ExpressionParser::Level::Level(ExpressionParser& parser) : parser_(parser) {
  if (parser_.levels_ >= parser_.limits_.max_depth) {
    fail_nesting(parser_.current().line, parser_.limits_.max_depth);
  }
  ++parser_.levels_;
}

bool ExpressionParser::skip_name(std::string_view name) {
  if (!is_name(name)) return false;
  next();
  return true;
}

bool ExpressionParser::skip_op(std::string_view op) {
  if (!is_op(op)) return false;
  next();
  return true;
}

void ExpressionParser::expect_op(std::string_view op) {
  if (!skip_op(op)) fail_here(cat("'", op, "'"));
}

void ExpressionParser::expect_name(std::string_view name) {
  if (!skip_name(name)) fail_here(cat("'", name, "'"));
}

std::string ExpressionParser::expect_identifier() {
  if (!is_kind(TokenKind::kName)) fail_here("a name");
  return next().value;
}

void ExpressionParser::fail_here(std::string_view wanted) const {
  switch (current().kind) {
    case TokenKind::kEnd:
      fail_syntax(current().line, cat("the template ends where ", wanted, " is expected"));
    case TokenKind::kBlockEnd:
    case TokenKind::kVariableEnd:
      fail_syntax(current().line, cat("the tag ends where ", wanted, " is expected"));
    default:
      fail_syntax(current().line, cat("expected ", wanted, ", found '", current().value, "'"));
  }
}

Symbol ExpressionParser::intern(const std::string& name) {
  const auto [it, added] = symbol_of_.emplace(name, Symbol(ast_.symbols.size()));
  if (added) ast_.symbols.push_back(name);
  return it->second;
}

bool ExpressionParser::is_constant_name(std::string_view name) {
  return name == "true" || name == "false" || name == "none" || name == "True" || name == "False" ||
         name == "None";
}

template <class Node>
ExprPtr ExpressionParser::make(int line, Node node) {
  auto expr = std::make_unique<Expr>();
  expr->node = std::move(node);
  expr->line = line;
  expr->depth = depth_of(*expr);
  if (expr->depth > limits_.max_depth) fail_nesting(line, limits_.max_depth);
  return expr;
}

void ExpressionParser::check_names() {
  if (!lenient_ && !unknown_.empty()) fail_syntax(unknown_[0].line, unknown_[0].message);
  unknown_.clear();
}

ExprPtr ExpressionParser::parse_tuple(Conditional conditional, std::string_view end_name) {
  const int line = current().line;
  SequenceExpr tuple{.is_tuple = true};
  const auto at_end = [&] {
    return is_kind(TokenKind::kVariableEnd) || is_kind(TokenKind::kBlockEnd) || is_op(")") ||
           (!end_name.empty() && is_name(end_name));
  };
  bool has_comma = false;
  while (!at_end()) {
    tuple.items.push_back(parse_expression(conditional));
    if (!skip_op(",")) break;
    has_comma = true;
  }
  if (has_comma) return make(line, std::move(tuple));
  if (tuple.items.empty()) fail_here("an expression");
  return std::move(tuple.items[0]);
}

ExprPtr ExpressionParser::parse_expression(Conditional conditional) {
  const Level level(*this);
  return conditional == Conditional::kAllowed ? parse_conditional() : parse_or();
}

ExprPtr ExpressionParser::parse_conditional() {
  const size_t unknown_before = unknown_.size();
  ExprPtr expr = parse_or();
  while (is_name("if")) {
    const int line = next().line;
    ConditionalExpr conditional{.test = parse_or(), .then = std::move(expr)};
    if (skip_name("else")) {
      const Level level(*this);
      conditional.otherwise = parse_conditional();
    }
    unknown_.resize(unknown_before);
    expr = make(line, std::move(conditional));
  }
  return expr;
}

ExprPtr ExpressionParser::parse_or() {
  ExprPtr left = parse_and();
  while (is_name("or")) {
    const int line = next().line;
    left = make(line, LogicExpr{std::move(left), parse_and(), false});
  }
  return left;
}

ExprPtr ExpressionParser::parse_and() {
  ExprPtr left = parse_not();
  while (is_name("and")) {
    const int line = next().line;
    left = make(line, LogicExpr{std::move(left), parse_not(), true});
  }
  return left;
}

ExprPtr ExpressionParser::parse_not() {
  if (!is_name("not")) return parse_compare();
  const Level level(*this);
  const int line = next().line;
  return make(line, NotExpr{parse_not()});
}

bool ExpressionParser::parse_compare_op(CompareOp& op) {
  if (is_kind(TokenKind::kOperator)) {
    const auto found = compare_op(current().value);
    if (!found) return false;
    op = *found;
    next();
    return true;
  }
  if (skip_name("in")) {
    op = CompareOp::kIn;
    return true;
  }
  if (!is_name("not") || look().kind != TokenKind::kName || look().value != "in") return false;
  next();
  next();
  op = CompareOp::kNotIn;
  return true;
}

ExprPtr ExpressionParser::parse_compare() {
  const int line = current().line;
  ExprPtr first = parse_sum();
  CompareExpr compare;
  CompareOp op{};
  while (parse_compare_op(op)) compare.rest.emplace_back(op, parse_sum());
  if (compare.rest.empty()) return first;
  compare.first = std::move(first);
  return make(line, std::move(compare));
}

ExprPtr ExpressionParser::parse_sum() {
  ExprPtr left = parse_concat();
  while (is_op("+") || is_op("-")) {
    const auto op = is_op("+") ? BinaryOp::kAdd : BinaryOp::kSub;
    const int line = next().line;
    left = make(line, BinaryExpr{op, std::move(left), parse_concat()});
  }
  return left;
}

ExprPtr ExpressionParser::parse_concat() {
  const int line = current().line;
  ConcatExpr concat;
  concat.parts.push_back(parse_product());
  while (skip_op("~")) concat.parts.push_back(parse_product());
  if (concat.parts.size() == 1) return std::move(concat.parts[0]);
  return make(line, std::move(concat));
}

ExprPtr ExpressionParser::parse_product() {
  ExprPtr left = parse_power();
  while (is_kind(TokenKind::kOperator)) {
    const auto op = product_op(current().value);
    if (!op) break;
    const int line = next().line;
    left = make(line, BinaryExpr{*op, std::move(left), parse_power()});
  }
  return left;
}

ExprPtr ExpressionParser::parse_power() {
  ExprPtr left = parse_unary(Filters::kYes);
  while (is_op("**")) {
    const int line = next().line;
    left = make(line, BinaryExpr{BinaryOp::kPow, std::move(left), parse_unary(Filters::kYes)});
  }
  return left;
}

ExprPtr ExpressionParser::parse_unary(Filters filters) {
  const Level level(*this);
  ExprPtr expr;
  if (is_op("-") || is_op("+")) {
    const bool negative = is_op("-");
    const int line = next().line;
    expr = make(line, SignExpr{parse_unary(Filters::kNo), negative});
  } else {
    expr = parse_primary();
  }
  expr = parse_postfix(std::move(expr));
  return filters == Filters::kYes ? parse_filter_tail(std::move(expr)) : std::move(expr);
}

ExprPtr ExpressionParser::parse_primary() {
  switch (current().kind) {
    case TokenKind::kName:
      return parse_name();
    case TokenKind::kString:
      return parse_string();
    case TokenKind::kInteger:
      return parse_integer();
    case TokenKind::kFloat:
      return parse_float();
    default:
      break;
  }
  if (is_op("(")) return parse_parenthesized();
  if (is_op("[")) return parse_list();
  if (is_op("{")) return parse_dict();
  fail_here("an expression");
}

ExprPtr ExpressionParser::parse_name() {
  const LexToken& token = next();
  if (token.value == "true" || token.value == "True")
    return make(token.line, ConstExpr{Value(true)});
  if (token.value == "false" || token.value == "False") {
    return make(token.line, ConstExpr{Value(false)});
  }
  if (is_constant_name(token.value)) return make(token.line, ConstExpr{Value::none()});
  for (MacroDef* macro : macros_) {
    macro->uses_caller |= token.value == "caller";
    macro->uses_kwargs |= token.value == "kwargs";
    macro->uses_varargs |= token.value == "varargs";
  }
  return make(token.line, NameExpr{intern(token.value)});
}

ExprPtr ExpressionParser::parse_string() {
  const int line = current().line;
  std::string text;
  while (is_kind(TokenKind::kString)) text += next().value;
  return make(line, ConstExpr{Value::trusted(std::move(text))});
}

ExprPtr ExpressionParser::parse_integer() {
  const LexToken& token = next();
  std::string digits = without_underscores(token.value);
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0' && digits[1] > '9') {
    const char letter = char(digits[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
    digits.erase(0, 2);
  }
  if (base == 10 && digits.size() > 1 && digits.find_first_not_of('0') != std::string::npos &&
      digits[0] == '0') {
    fail_syntax(token.line, cat("the number ", token.value, " starts with a zero"));
  }
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{}) {
    fail(ErrorCode::kUnsupported, "template line ", token.line, ": the number ", token.value,
         " does not fit into 64 bits");
  }
  return make(token.line, ConstExpr{Value(value)});
}

ExprPtr ExpressionParser::parse_float() {
  const LexToken& token = next();
  const std::string digits = without_underscores(token.value);
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return make(token.line, ConstExpr{Value(value)});
}

ExprPtr ExpressionParser::parse_parenthesized() {
  const int line = next().line;
  if (skip_op(")")) return make(line, SequenceExpr{.is_tuple = true});
  ExprPtr inner = parse_tuple();
  expect_op(")");
  return inner;
}

ExprPtr ExpressionParser::parse_list() {
  const int line = next().line;
  SequenceExpr list;
  while (!is_op("]")) {
    list.items.push_back(parse_expression());
    if (!skip_op(",")) break;
  }
  expect_op("]");
  return make(line, std::move(list));
}

ExprPtr ExpressionParser::parse_dict() {
  const int line = next().line;
  DictExpr dict;
  while (!is_op("}")) {
    ExprPtr key = parse_expression();
    expect_op(":");
    dict.items.emplace_back(std::move(key), parse_expression());
    if (!skip_op(",")) break;
  }
  expect_op("}");
  return make(line, std::move(dict));
}

ExprPtr ExpressionParser::parse_postfix(ExprPtr owner) {
  for (;;) {
    if (is_op(".")) {
      owner = parse_dot(std::move(owner));
    } else if (is_op("[")) {
      owner = parse_subscript(std::move(owner));
    } else if (is_op("(")) {
      owner = parse_call(std::move(owner));
    } else {
      return owner;
    }
  }
}

ExprPtr ExpressionParser::parse_filter_tail(ExprPtr input) {
  for (;;) {
    if (is_op("|")) {
      input = parse_filters(std::move(input));
    } else if (is_name("is")) {
      input = parse_test(std::move(input));
    } else if (is_op("(")) {
      input = parse_call(std::move(input));
    } else {
      return input;
    }
  }
}

ExprPtr ExpressionParser::parse_dot(ExprPtr owner) {
  const int line = next().line;
  if (is_kind(TokenKind::kName)) return make(line, AttributeExpr{std::move(owner), next().value});
  if (!is_kind(TokenKind::kInteger)) fail_here("a name or a number");
  return make(line, ItemExpr{std::move(owner), parse_integer()});
}

ExprPtr ExpressionParser::parse_subscript(ExprPtr owner) {
  const int line = next().line;
  if (is_op(":")) return parse_slice(std::move(owner), nullptr, line);
  if (is_op("]"))
    return make(line, ItemExpr{std::move(owner), make(line, SequenceExpr{.is_tuple = true})});
  ExprPtr key = parse_expression();
  if (is_op(":")) return parse_slice(std::move(owner), std::move(key), line);
  if (is_op(",")) {
    SequenceExpr tuple{.is_tuple = true};
    tuple.items.push_back(std::move(key));
    while (skip_op(",")) tuple.items.push_back(parse_expression());
    key = make(line, std::move(tuple));
  }
  expect_op("]");
  return make(line, ItemExpr{std::move(owner), std::move(key)});
}

ExprPtr ExpressionParser::parse_slice(ExprPtr owner, ExprPtr start, int line) {
  SliceExpr slice{.owner = std::move(owner), .start = std::move(start)};
  expect_op(":");
  if (!is_op(":") && !is_op("]")) slice.stop = parse_expression();
  if (skip_op(":") && !is_op("]")) slice.step = parse_expression();
  expect_op("]");
  return make(line, std::move(slice));
}

ExprPtr ExpressionParser::parse_call(ExprPtr callee) {
  const int line = current().line;
  return make(line, CallExpr{std::move(callee), parse_arguments()});
}

ArgumentExprs ExpressionParser::parse_arguments() {
  expect_op("(");
  ArgumentExprs arguments;
  while (!is_op(")")) {
    parse_argument(arguments);
    if (!skip_op(",")) break;
  }
  expect_op(")");
  return arguments;
}

void ExpressionParser::parse_argument(ArgumentExprs& arguments) {
  const auto ensure = [&](bool fits) {
    if (!fits) fail_syntax(current().line, "invalid order of arguments in a call");
  };
  if (skip_op("*")) {
    ensure(!arguments.star && !arguments.double_star);
    arguments.star = parse_expression();
  } else if (skip_op("**")) {
    ensure(!arguments.double_star);
    arguments.double_star = parse_expression();
  } else if (is_kind(TokenKind::kName) && look().kind == TokenKind::kOperator &&
             look().value == "=") {
    ensure(!arguments.double_star);
    std::string name = next().value;
    next();
    for (const auto& [known, value] : arguments.named) {
      if (known == name) fail_syntax(current().line, cat("keyword argument repeated: ", name));
    }
    arguments.named.emplace_back(std::move(name), parse_expression());
  } else {
    ensure(!arguments.star && !arguments.double_star && arguments.named.empty());
    arguments.positional.push_back(parse_expression());
  }
}

std::string ExpressionParser::parse_dotted_name() {
  std::string name = expect_identifier();
  while (skip_op(".")) name += cat(".", expect_identifier());
  return name;
}

ExprPtr ExpressionParser::parse_one_filter(ExprPtr input) {
  const int line = current().line;
  FilterExpr filter{.input = std::move(input), .name = parse_dotted_name()};
  filter.function = find_filter(filter.name);
  if (!filter.function)
    unknown_.push_back({line, cat("there is no filter named '", filter.name, "'")});
  if (is_op("(")) filter.arguments = parse_arguments();
  return make(line, std::move(filter));
}

ExprPtr ExpressionParser::parse_filters(ExprPtr input) {
  while (skip_op("|")) input = parse_one_filter(std::move(input));
  return input;
}

ExprPtr ExpressionParser::parse_first_filter() {
  return parse_filters(parse_one_filter(nullptr));
}

bool ExpressionParser::starts_test_argument() const {
  switch (current().kind) {
    case TokenKind::kName:
      return !is_name("else") && !is_name("or") && !is_name("and");
    case TokenKind::kString:
    case TokenKind::kInteger:
    case TokenKind::kFloat:
      return true;
    default:
      return is_op("(") || is_op("[") || is_op("{");
  }
}

ExprPtr ExpressionParser::parse_test(ExprPtr input) {
  const int line = next().line;
  const bool negated = skip_name("not");
  TestExpr test{.input = std::move(input), .name = parse_dotted_name()};
  test.function = find_test(test.name);
  if (!test.function) unknown_.push_back({line, cat("there is no test named '", test.name, "'")});
  if (is_op("(")) {
    test.arguments = parse_arguments();
  } else if (starts_test_argument()) {
    if (is_name("is")) fail_syntax(line, "tests cannot be chained with 'is'");
    test.arguments.positional.push_back(parse_postfix(parse_primary()));
  }
  ExprPtr expr = make(line, std::move(test));
  return negated ? make(line, NotExpr{std::move(expr)}) : std::move(expr);
}

}  // namespace ridge::text
