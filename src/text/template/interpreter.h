// Walks an Ast and writes the text. One per render; one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/template/ast.h"
#include "text/template/scope.h"

namespace ridge::text {

class LoopObject;

class Interpreter {
 public:
  Interpreter(const Ast& ast, const Value& globals, Runtime& rt);
  Text run();

  // For macros: binds the arguments, runs the body, gives its text.
  Value call_macro(const MacroDef& macro, const std::shared_ptr<Scope>& definition,
                   const CallArgs& args);
  // For recursive loops: the loop once more, over other items.
  Value recurse_loop(const ForStmt& loop, const std::shared_ptr<Scope>& outer,
                     const Value& iterable, int depth);
  const std::string& name_of(Symbol symbol) const { return ast_.symbols[size_t(symbol)]; }
  Value evaluate(const Expr& expr);
  void assign(const Target& target, const Value& value);

  // Makes a scope current for as long as it lives.
  class Enter {
   public:
    Enter(Interpreter& interpreter, std::shared_ptr<Scope> scope)
        : interpreter_(interpreter), outer_(std::exchange(interpreter.scope_, std::move(scope))) {}
    ~Enter() { interpreter_.scope_ = std::move(outer_); }
    Enter(const Enter&) = delete;
    Enter& operator=(const Enter&) = delete;

   private:
    Interpreter& interpreter_;
    std::shared_ptr<Scope> outer_;
  };

 private:
  enum class Flow { kNormal, kBreak, kContinue };

  Flow execute(const Body& body);
  Flow execute(const Stmt& stmt);
  Flow execute(const TextStmt& stmt);
  Flow execute(const PrintStmt& stmt);
  Flow execute(const IfStmt& stmt);
  Flow execute(const ForStmt& stmt);
  Flow execute(const SetStmt& stmt);
  Flow execute(const SetBlockStmt& stmt);
  Flow execute(const MacroStmt& stmt);
  Flow execute(const CallBlockStmt& stmt);
  Flow execute(const FilterBlockStmt& stmt);
  Flow execute(const WithStmt& stmt);
  Flow execute(const GenerationStmt& stmt);
  Flow execute(const BreakStmt&) { return Flow::kBreak; }
  Flow execute(const ContinueStmt&) { return Flow::kContinue; }
  Flow run_loop(const ForStmt& stmt, const Value& iterable, int depth);
  Flow run_iterations(const ForStmt& stmt, LoopObject& loop, bool& completed);

  // The text that the body writes in a scope of its own.
  struct Captured {
    Text text;
    Flow flow = Flow::kNormal;
  };
  Captured capture(const Body& body, std::shared_ptr<Scope> scope);
  Value filtered(const ExprPtr& filter, Text text);
  Value make_macro(const MacroDef& macro);
  void set_defaults(const MacroDef& macro, const std::shared_ptr<Scope>& scope,
                    const std::vector<bool>& given);
  void require_namespaces(const Target& target);
  void assign_attribute(const Target& target, const Value& value);

  Value evaluate(const ConstExpr& expr) { return expr.value; }
  Value evaluate(const NameExpr& expr);
  Value evaluate(const SequenceExpr& expr);
  Value evaluate(const DictExpr& expr);
  Value evaluate(const SignExpr& expr);
  Value evaluate(const BinaryExpr& expr);
  Value evaluate(const NotExpr& expr);
  Value evaluate(const LogicExpr& expr);
  Value evaluate(const CompareExpr& expr);
  Value evaluate(const ConcatExpr& expr);
  Value evaluate(const ConditionalExpr& expr);
  Value evaluate(const AttributeExpr& expr);
  Value evaluate(const ItemExpr& expr);
  Value evaluate(const SliceExpr& expr);
  Value evaluate(const CallExpr& expr);
  Value evaluate(const FilterExpr& expr);
  Value evaluate(const TestExpr& expr);
  CallArgs evaluate(const ArgumentExprs& arguments);
  Value evaluate_call(const CallExpr& expr, const Value* caller);
  Value lookup(Symbol symbol) const;

  const Ast& ast_;
  Runtime& rt_;
  std::vector<Value> globals_;  // by symbol
  std::vector<bool> has_global_;
  std::shared_ptr<Scope> scope_;
  TextBuilder* out_ = nullptr;
  const Text* filter_input_ = nullptr;  // what a filter without an input applies to
};

}  // namespace ridge::text
