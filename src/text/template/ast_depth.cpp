#include "text/template/ast_depth.h"

#include <algorithm>

namespace ridge::text {
namespace {

struct Deepest {
  int depth = 0;
  void add(const ExprPtr& expr) {
    if (expr) depth = std::max(depth, expr->depth);
  }
  void add(const ArgumentExprs& arguments) {
    for (const auto& argument : arguments.positional) add(argument);
    for (const auto& [name, argument] : arguments.named) add(argument);
    add(arguments.star);
    add(arguments.double_star);
  }

  void operator()(const ConstExpr&) {}
  void operator()(const NameExpr&) {}
  void operator()(const SequenceExpr& expr) {
    for (const auto& item : expr.items) add(item);
  }
  void operator()(const DictExpr& expr) {
    for (const auto& [key, value] : expr.items) {
      add(key);
      add(value);
    }
  }
  void operator()(const SignExpr& expr) { add(expr.operand); }
  void operator()(const BinaryExpr& expr) {
    add(expr.left);
    add(expr.right);
  }
  void operator()(const NotExpr& expr) { add(expr.operand); }
  void operator()(const LogicExpr& expr) {
    add(expr.left);
    add(expr.right);
  }
  void operator()(const CompareExpr& expr) {
    add(expr.first);
    for (const auto& [op, operand] : expr.rest) add(operand);
  }
  void operator()(const ConcatExpr& expr) {
    for (const auto& part : expr.parts) add(part);
  }
  void operator()(const ConditionalExpr& expr) {
    add(expr.test);
    add(expr.then);
    add(expr.otherwise);
  }
  void operator()(const AttributeExpr& expr) { add(expr.owner); }
  void operator()(const ItemExpr& expr) {
    add(expr.owner);
    add(expr.key);
  }
  void operator()(const SliceExpr& expr) {
    add(expr.owner);
    add(expr.start);
    add(expr.stop);
    add(expr.step);
  }
  void operator()(const CallExpr& expr) {
    add(expr.callee);
    add(expr.arguments);
  }
  void operator()(const FilterExpr& expr) {
    add(expr.input);
    add(expr.arguments);
  }
  void operator()(const TestExpr& expr) {
    add(expr.input);
    add(expr.arguments);
  }
};

}  // namespace

int depth_of(const Expr& expr) {
  Deepest deepest;
  std::visit([&](const auto& node) { deepest(node); }, expr.node);
  return deepest.depth + 1;
}

}  // namespace ridge::text
