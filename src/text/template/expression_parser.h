// The expressions of a template. See parser.h.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/template/ast.h"
#include "text/template/lexer.h"
#include "text/template/limits.h"

namespace ridge::text {

class ExpressionParser {
 protected:
  ExpressionParser(std::vector<LexToken> tokens, const TemplateLimits& limits)
      : limits_(limits), tokens_(std::move(tokens)) {}

  // Held while something nests.
  class Level {
   public:
    explicit Level(ExpressionParser& parser);
    ~Level() { --parser_.levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    ExpressionParser& parser_;
  };

  enum class Conditional { kAllowed, kStopsBefore };  // "a if b else c"

  const LexToken& current() const { return tokens_[at_]; }
  const LexToken& look() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  const LexToken& next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool is_kind(TokenKind kind) const { return current().kind == kind; }
  bool is_name(std::string_view name) const {
    return is_kind(TokenKind::kName) && current().value == name;
  }
  bool is_op(std::string_view op) const {
    return is_kind(TokenKind::kOperator) && current().value == op;
  }
  bool skip_name(std::string_view name);
  bool skip_op(std::string_view op);
  void expect_op(std::string_view op);
  void expect_name(std::string_view name);
  std::string expect_identifier();
  [[noreturn]] void fail_here(std::string_view wanted) const;

  Symbol intern(const std::string& name);
  static bool is_constant_name(std::string_view name);

  ExprPtr parse_expression(Conditional conditional = Conditional::kAllowed);
  ExprPtr parse_tuple(Conditional conditional = Conditional::kAllowed,
                      std::string_view end_name = {});
  ExprPtr parse_filters(ExprPtr input);  // from "|" on
  ExprPtr parse_first_filter();          // of a filter block: no "|" before it
  // Raises for unknown filters and tests that Jinja2 reports when it compiles.
  void check_names();

  const TemplateLimits& limits_;
  Ast ast_;
  // Inside an if statement an unknown filter only raises when it is reached.
  bool lenient_ = false;
  // Which special names the bodies being parsed use, innermost last.
  std::vector<MacroDef*> macros_;

 private:
  struct UnknownName {
    int line;
    std::string message;
  };

  template <class Node>
  ExprPtr make(int line, Node node);

  ExprPtr parse_conditional();
  ExprPtr parse_or();
  ExprPtr parse_and();
  ExprPtr parse_not();
  ExprPtr parse_compare();
  bool parse_compare_op(CompareOp& op);
  ExprPtr parse_sum();
  ExprPtr parse_concat();
  ExprPtr parse_product();
  ExprPtr parse_power();
  enum class Filters { kYes, kNo };
  ExprPtr parse_unary(Filters filters);
  ExprPtr parse_primary();
  ExprPtr parse_name();
  ExprPtr parse_string();
  ExprPtr parse_integer();
  ExprPtr parse_float();
  ExprPtr parse_parenthesized();
  ExprPtr parse_list();
  ExprPtr parse_dict();
  ExprPtr parse_postfix(ExprPtr owner);
  ExprPtr parse_filter_tail(ExprPtr input);
  ExprPtr parse_dot(ExprPtr owner);
  ExprPtr parse_subscript(ExprPtr owner);
  ExprPtr parse_slice(ExprPtr owner, ExprPtr start, int line);
  ExprPtr parse_call(ExprPtr callee);
  ArgumentExprs parse_arguments();
  void parse_argument(ArgumentExprs& arguments);
  std::string parse_dotted_name();
  ExprPtr parse_one_filter(ExprPtr input);
  ExprPtr parse_test(ExprPtr input);
  bool starts_test_argument() const;

  std::vector<LexToken> tokens_;
  size_t at_ = 0;
  int levels_ = 0;
  std::vector<UnknownName> unknown_;
  std::unordered_map<std::string, Symbol> symbol_of_;
};

}  // namespace ridge::text
