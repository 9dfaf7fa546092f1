#include "text/template/parser.h"

#include <algorithm>
#include <array>

#include "text/template/expression_parser.h"

namespace ridge::text {
namespace {

class Parser : private ExpressionParser {
 public:
  Parser(std::vector<LexToken> tokens, const TemplateLimits& limits)
      : ExpressionParser(std::move(tokens), limits) {}

  Ast run() {
    ast_.loop = intern("loop");
    ast_.caller = intern("caller");
    ast_.kwargs = intern("kwargs");
    ast_.varargs = intern("varargs");
    ast_.body = parse_until({});
    return std::move(ast_);
  }

 private:
  using Ends = std::initializer_list<std::string_view>;

  // Bodies that Jinja2 compiles into functions and scopes of their own.
  class Frame {
   public:
    explicit Frame(Parser& parser) : parser_(parser), lenient_(parser.lenient_) {
      parser_.lenient_ = false;
    }
    ~Frame() { parser_.lenient_ = lenient_; }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

   private:
    Parser& parser_;
    bool lenient_;
  };

  // Statements up to one of the ends, which becomes the current token.
  Body parse_until(Ends ends) {
    const Level level(*this);
    Body body;
    for (;;) {
      const int line = current().line;
      if (is_kind(TokenKind::kData)) {
        body.push_back({TextStmt{Value::trusted(next().value)}, line});
      } else if (is_kind(TokenKind::kVariableBegin)) {
        next();
        body.push_back({PrintStmt{statement_tuple()}, line});
        if (!is_kind(TokenKind::kVariableEnd)) fail_here("'}}'");
        next();
      } else if (is_kind(TokenKind::kBlockBegin)) {
        next();
        if (is_kind(TokenKind::kName) &&
            std::find(ends.begin(), ends.end(), current().value) != ends.end()) {
          return body;
        }
        parse_statement(body);
        expect_block_end();
      } else if (ends.size() == 0) {
        return body;
      } else {
        fail_syntax(line, cat("the template ends where '", *(ends.end() - 1), "' is expected"));
      }
    }
  }

  void expect_block_end() {
    if (!is_kind(TokenKind::kBlockEnd)) fail_here("'%}'");
    next();
  }

  Body parse_body(Ends ends) {
    skip_op(":");
    expect_block_end();
    return parse_until(ends);
  }

  Body parse_whole_body(std::string_view end) {
    Body body = parse_body({end});
    next();
    return body;
  }

  ExprPtr statement_expression() {
    ExprPtr expr = parse_expression();
    check_names();
    return expr;
  }

  ExprPtr statement_tuple(Conditional conditional = Conditional::kAllowed,
                          std::string_view end_name = {}) {
    ExprPtr expr = parse_tuple(conditional, end_name);
    check_names();
    return expr;
  }

  void parse_statement(Body& body) {
    struct Entry {
      std::string_view name;
      void (Parser::*parse)(Body& body);
    };
    static constexpr std::array<Entry, 12> kStatements = {{
        {"if", &Parser::parse_if},
        {"for", &Parser::parse_for},
        {"set", &Parser::parse_set},
        {"macro", &Parser::parse_macro},
        {"call", &Parser::parse_call_block},
        {"filter", &Parser::parse_filter_block},
        {"with", &Parser::parse_with},
        {"generation", &Parser::parse_generation},
        {"print", &Parser::parse_print},
        {"break", &Parser::parse_break},
        {"continue", &Parser::parse_continue},
        {"raw", &Parser::fail_tag},
    }};
    if (!is_kind(TokenKind::kName)) fail_here("the name of a statement");
    for (const Entry& entry : kStatements) {
      if (is_name(entry.name)) return (this->*entry.parse)(body);
    }
    fail_tag(body);
  }

  void fail_tag(Body&) {
    for (const char* refused : {"include", "import", "from", "extends", "block", "autoescape"}) {
      if (is_name(refused)) {
        fail(ErrorCode::kUnsupported, "template line ", current().line, ": the statement '",
             refused, "' is not supported in chat templates");
      }
    }
    fail_syntax(current().line, cat("unknown statement '", current().value, "'"));
  }

  void parse_if(Body& body) {
    const bool lenient = std::exchange(lenient_, true);
    const int line = current().line;
    IfStmt result;
    while (is_name("if") || is_name("elif")) {
      next();
      ExprPtr test = statement_tuple(Conditional::kStopsBefore);
      result.branches.push_back({std::move(test), parse_body({"elif", "else", "endif"})});
    }
    if (skip_name("else")) result.branches.push_back({nullptr, parse_body({"endif"})});
    expect_name("endif");
    lenient_ = lenient;
    body.push_back({std::move(result), line});
  }

  void parse_for(Body& body) {
    const int line = next().line;
    ++loops_;
    ForStmt loop{.target = parse_target(Attributes::kNo, "in")};
    expect_name("in");
    loop.iterable = statement_tuple(Conditional::kStopsBefore, "recursive");
    {
      const Frame frame(*this);
      if (skip_name("if")) loop.filter = statement_expression();
      loop.recursive = skip_name("recursive");
      const int breakable = std::exchange(breakable_, breakable_ + 1);
      loop.body = parse_body({"endfor", "else"});
      breakable_ = breakable;
      if (skip_name("else")) loop.otherwise = parse_body({"endfor"});
    }
    expect_name("endfor");
    --loops_;
    body.push_back({std::move(loop), line});
  }

  enum class Attributes { kYes, kNo };

  Target parse_target(Attributes attributes, std::string_view end_name = {}) {
    Target tuple{.form = Target::Form::kTuple};
    bool has_comma = false;
    for (;;) {
      if (is_op("=") || is_kind(TokenKind::kBlockEnd) || is_op(")") ||
          (!end_name.empty() && is_name(end_name))) {
        break;
      }
      tuple.items.push_back(parse_one_target(attributes));
      if (!skip_op(",")) break;
      has_comma = true;
    }
    if (has_comma) return tuple;
    if (tuple.items.empty()) fail_here("a name to assign to");
    return std::move(tuple.items[0]);
  }

  Target parse_one_target(Attributes attributes) {
    const Level level(*this);
    if (skip_op("(")) {
      Target inner = parse_target(attributes);
      expect_op(")");
      return inner;
    }
    const std::string name = expect_identifier();
    if (is_constant_name(name)) fail_syntax(current().line, cat("cannot assign to '", name, "'"));
    if (attributes == Attributes::kYes && skip_op(".")) {
      return {.form = Target::Form::kAttribute,
              .symbol = intern(name),
              .attribute = expect_identifier()};
    }
    if (loops_ > 0 && name == "loop") {
      fail_syntax(current().line, "cannot assign to the special variable 'loop'");
    }
    return {.form = Target::Form::kName, .symbol = intern(name)};
  }

  void parse_set(Body& body) {
    const int line = next().line;
    Target target = parse_target(Attributes::kYes);
    if (skip_op("=")) {
      body.push_back({SetStmt{std::move(target), statement_tuple()}, line});
      return;
    }
    const Frame frame(*this);
    SetBlockStmt block{.target = std::move(target)};
    if (skip_op("|")) block.filter = parse_first_filter();
    check_names();
    block.body = parse_whole_body("endset");
    body.push_back({std::move(block), line});
  }

  void parse_signature(MacroDef& macro) {
    expect_op("(");
    while (!is_op(")")) {
      const std::string name = expect_identifier();
      const Symbol symbol = intern(name);
      if (std::find(macro.parameters.begin(), macro.parameters.end(), symbol) !=
          macro.parameters.end()) {
        fail_syntax(current().line, cat("the parameter '", name, "' appears twice"));
      }
      macro.parameters.push_back(symbol);
      if (skip_op("=")) {
        macro.defaults.push_back(statement_expression());
      } else if (!macro.defaults.empty()) {
        fail_syntax(current().line, "a parameter without a default follows one with a default");
      }
      if (!skip_op(",")) break;
    }
    expect_op(")");
  }

  // The body of a macro is a function of its own: no loop around it can be left from inside.
  Body parse_function_body(MacroDef& macro, std::string_view end) {
    macros_.push_back(&macro);
    const int breakable = std::exchange(breakable_, 0);
    Body body = parse_whole_body(end);
    breakable_ = breakable;
    macros_.pop_back();
    return body;
  }

  void parse_macro(Body& body) {
    const int line = next().line;
    const Frame frame(*this);
    MacroStmt stmt;
    stmt.macro.name = expect_identifier();
    stmt.symbol = intern(stmt.macro.name);
    parse_signature(stmt.macro);
    stmt.macro.body = parse_function_body(stmt.macro, "endmacro");
    body.push_back({std::move(stmt), line});
  }

  void parse_call_block(Body& body) {
    const int line = next().line;
    CallBlockStmt stmt;
    stmt.caller.name = "caller";
    if (is_op("(")) parse_signature(stmt.caller);
    stmt.call = statement_expression();
    if (!std::holds_alternative<CallExpr>(stmt.call->node)) fail_syntax(line, "expected a call");
    const Frame frame(*this);
    stmt.caller.body = parse_function_body(stmt.caller, "endcall");
    body.push_back({std::move(stmt), line});
  }

  void parse_filter_block(Body& body) {
    const int line = next().line;
    const Frame frame(*this);
    FilterBlockStmt stmt{.filter = parse_first_filter()};
    check_names();
    stmt.body = parse_whole_body("endfilter");
    body.push_back({std::move(stmt), line});
  }

  void parse_with(Body& body) {
    const int line = next().line;
    WithStmt stmt;
    while (!is_kind(TokenKind::kBlockEnd)) {
      if (!stmt.bindings.empty()) expect_op(",");
      Target target = parse_target(Attributes::kNo);
      expect_op("=");
      stmt.bindings.emplace_back(std::move(target), statement_expression());
    }
    const Frame frame(*this);
    stmt.body = parse_whole_body("endwith");
    body.push_back({std::move(stmt), line});
  }

  void parse_generation(Body& body) {
    const int line = next().line;
    const Frame frame(*this);
    MacroDef function;
    GenerationStmt stmt{parse_function_body(function, "endgeneration")};
    body.push_back({std::move(stmt), line});
  }

  void parse_print(Body& body) {
    const int line = next().line;
    while (!is_kind(TokenKind::kBlockEnd)) {
      body.push_back({PrintStmt{statement_expression()}, line});
      if (!skip_op(",")) break;
    }
  }

  void parse_break(Body& body) { body.push_back({BreakStmt{}, leave_loop()}); }
  void parse_continue(Body& body) { body.push_back({ContinueStmt{}, leave_loop()}); }

  int leave_loop() {
    const LexToken& token = next();
    if (breakable_ == 0) fail_syntax(token.line, cat("'", token.value, "' outside of a loop"));
    return token.line;
  }

  int loops_ = 0;      // for statements around this place
  int breakable_ = 0;  // those among them that break and continue may leave
};

}  // namespace

Ast parse_template(std::string_view source, const TemplateLimits& limits) {
  return Parser(tokenize(source), limits).run();
}

}  // namespace ridge::text
