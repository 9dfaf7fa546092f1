// The parsed template. Immutable after parsing and shared by renders; owns its nodes.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/template/filters.h"
#include "text/template/semantics.h"
#include "text/template/value.h"

namespace ridge::text {

using Symbol = int;  // index into Ast::symbols

struct Expr;
using ExprPtr = std::unique_ptr<const Expr>;

struct ArgumentExprs {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> named;
  ExprPtr star;         // *args
  ExprPtr double_star;  // **kwargs
};

struct ConstExpr {
  Value value;
};
struct NameExpr {
  Symbol symbol = 0;
};
struct SequenceExpr {
  std::vector<ExprPtr> items;
  bool is_tuple = false;
};
struct DictExpr {
  std::vector<std::pair<ExprPtr, ExprPtr>> items;
};
struct SignExpr {
  ExprPtr operand;
  bool negative = false;
};
struct BinaryExpr {
  BinaryOp op = BinaryOp::kAdd;
  ExprPtr left;
  ExprPtr right;
};
struct NotExpr {
  ExprPtr operand;
};
struct LogicExpr {
  ExprPtr left;
  ExprPtr right;
  bool is_and = false;
};
struct CompareExpr {
  ExprPtr first;
  std::vector<std::pair<CompareOp, ExprPtr>> rest;
};
struct ConcatExpr {
  std::vector<ExprPtr> parts;
};
struct ConditionalExpr {
  ExprPtr test;
  ExprPtr then;
  ExprPtr otherwise;  // may be null: undefined
};
struct AttributeExpr {
  ExprPtr owner;
  std::string name;
};
struct ItemExpr {
  ExprPtr owner;
  ExprPtr key;
};
struct SliceExpr {
  ExprPtr owner;
  ExprPtr start;  // each may be null
  ExprPtr stop;
  ExprPtr step;
};
struct CallExpr {
  ExprPtr callee;
  ArgumentExprs arguments;
};
struct FilterExpr {
  ExprPtr input;  // null: the text of the block that the filter belongs to
  std::string name;
  FilterFunction function = nullptr;  // null: unknown, raises when evaluated
  ArgumentExprs arguments;
};
struct TestExpr {
  ExprPtr input;
  std::string name;
  TestFunction function = nullptr;
  ArgumentExprs arguments;
};

struct Expr {
  std::variant<ConstExpr, NameExpr, SequenceExpr, DictExpr, SignExpr, BinaryExpr, NotExpr,
               LogicExpr, CompareExpr, ConcatExpr, ConditionalExpr, AttributeExpr, ItemExpr,
               SliceExpr, CallExpr, FilterExpr, TestExpr>
      node;
  int line = 0;
  int depth = 1;  // 1 + the deepest operand
};

struct Target {
  enum class Form { kName, kAttribute, kTuple };
  Form form = Form::kName;
  Symbol symbol = 0;
  std::string attribute;
  std::vector<Target> items;
};

struct Stmt;
using Body = std::vector<Stmt>;

struct TextStmt {
  Value text;
};
struct PrintStmt {
  ExprPtr value;
};
struct IfStmt {
  struct Branch {
    ExprPtr test;  // null: else
    Body body;
  };
  std::vector<Branch> branches;
};
struct ForStmt {
  Target target;
  ExprPtr iterable;
  ExprPtr filter;  // may be null
  Body body;
  Body otherwise;
  bool recursive = false;
};
struct SetStmt {
  Target target;
  ExprPtr value;
};
struct SetBlockStmt {
  Target target;
  ExprPtr filter;  // may be null
  Body body;
};
// A macro, or the body of a call block.
struct MacroDef {
  std::string name;
  std::vector<Symbol> parameters;
  std::vector<ExprPtr> defaults;  // of the last parameters
  Body body;
  bool uses_caller = false;
  bool uses_kwargs = false;
  bool uses_varargs = false;
};
struct MacroStmt {
  Symbol symbol = 0;
  MacroDef macro;
};
struct CallBlockStmt {
  ExprPtr call;
  MacroDef caller;
};
struct FilterBlockStmt {
  ExprPtr filter;
  Body body;
};
struct WithStmt {
  std::vector<std::pair<Target, ExprPtr>> bindings;
  Body body;
};
// {% generation %}: marks what the model says; renders as its body, in a scope of its own.
struct GenerationStmt {
  Body body;
};
struct BreakStmt {};
struct ContinueStmt {};

struct Stmt {
  std::variant<TextStmt, PrintStmt, IfStmt, ForStmt, SetStmt, SetBlockStmt, MacroStmt,
               CallBlockStmt, FilterBlockStmt, WithStmt, GenerationStmt, BreakStmt, ContinueStmt>
      node;
  int line = 0;
};

struct Ast {
  Body body;
  std::vector<std::string> symbols;
  // Names that the evaluator itself binds.
  Symbol loop = 0;
  Symbol caller = 0;
  Symbol kwargs = 0;
  Symbol varargs = 0;
};

}  // namespace ridge::text
