#include "text/template/interpreter.h"

namespace ridge::text {

Value Interpreter::evaluate(const Expr& expr) {
  rt_.step();
  const Runtime::Level level(rt_);
  return std::visit([this](const auto& node) { return evaluate(node); }, expr.node);
}

Value Interpreter::lookup(Symbol symbol) const {
  if (const Value* found = scope_->find(symbol)) return *found;
  if (has_global_[size_t(symbol)]) return globals_[size_t(symbol)];
  return Value::undefined({.name = name_of(symbol)});
}

Value Interpreter::evaluate(const NameExpr& expr) {
  return lookup(expr.symbol);
}

Value Interpreter::evaluate(const SequenceExpr& expr) {
  std::vector<Value> items;
  items.reserve(expr.items.size());
  for (const auto& item : expr.items) items.push_back(evaluate(*item));
  return expr.is_tuple ? Value::tuple(std::move(items)) : Value::list(std::move(items));
}

Value Interpreter::evaluate(const DictExpr& expr) {
  std::vector<DictData::Item> items;
  items.reserve(expr.items.size());
  for (const auto& [key, value] : expr.items) {
    Value evaluated = evaluate(*key);
    if (evaluated.is(Kind::kString)) rt_.step_bytes(evaluated.bytes().size());
    items.emplace_back(std::move(evaluated), evaluate(*value));
  }
  return Value::dict(std::move(items));
}

Value Interpreter::evaluate(const SignExpr& expr) {
  const Value operand = evaluate(*expr.operand);
  return expr.negative ? negate(operand) : positive(operand);
}

Value Interpreter::evaluate(const BinaryExpr& expr) {
  const Value left = evaluate(*expr.left);
  return binary(rt_, expr.op, left, evaluate(*expr.right));
}

Value Interpreter::evaluate(const NotExpr& expr) {
  return Value(!truthy(rt_, evaluate(*expr.operand)));
}

Value Interpreter::evaluate(const LogicExpr& expr) {
  Value left = evaluate(*expr.left);
  return truthy(rt_, left) == expr.is_and ? evaluate(*expr.right) : left;
}

Value Interpreter::evaluate(const CompareExpr& expr) {
  Value left = evaluate(*expr.first);
  for (const auto& [op, operand] : expr.rest) {
    Value right = evaluate(*operand);
    if (!compare(rt_, op, left, right)) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Value Interpreter::evaluate(const ConcatExpr& expr) {
  TextBuilder out;
  for (const auto& part : expr.parts) append_text(rt_, out, evaluate(*part));
  return Value::string(out.take());
}

Value Interpreter::evaluate(const ConditionalExpr& expr) {
  if (truthy(rt_, evaluate(*expr.test))) return evaluate(*expr.then);
  if (expr.otherwise) return evaluate(*expr.otherwise);
  return Value::undefined({.hint = "the inline if-expression evaluated to false and has no else"});
}

Value Interpreter::evaluate(const AttributeExpr& expr) {
  return get_attribute(rt_, evaluate(*expr.owner), expr.name);
}

Value Interpreter::evaluate(const ItemExpr& expr) {
  const Value owner = evaluate(*expr.owner);
  return get_item(rt_, owner, evaluate(*expr.key));
}

Value Interpreter::evaluate(const SliceExpr& expr) {
  const Value owner = evaluate(*expr.owner);
  SliceBounds bounds;
  if (expr.start) bounds.start = evaluate(*expr.start);
  if (expr.stop) bounds.stop = evaluate(*expr.stop);
  if (expr.step) bounds.step = evaluate(*expr.step);
  return get_slice(rt_, owner, bounds);
}

CallArgs Interpreter::evaluate(const ArgumentExprs& arguments) {
  CallArgs args;
  args.positional.reserve(arguments.positional.size());
  for (const auto& argument : arguments.positional) args.positional.push_back(evaluate(*argument));
  if (arguments.star) {
    for (Value& item : to_items(rt_, evaluate(*arguments.star))) {
      args.positional.push_back(std::move(item));
    }
  }
  for (const auto& [name, argument] : arguments.named) {
    args.named.emplace_back(name, evaluate(*argument));
  }
  if (!arguments.double_star) return args;
  const Value more = evaluate(*arguments.double_star);
  if (!more.is(Kind::kDict))
    type_error("argument after ** must be a mapping, not ", type_name(more));
  for (const auto& [key, value] : more.dict().items()) {
    const std::string& name = require_text(key, "a keyword").bytes;
    for (const auto& [known, other] : args.named) {
      if (known == name) type_error("got multiple values for keyword argument '", name, "'");
    }
    args.named.emplace_back(name, value);
  }
  return args;
}

Value Interpreter::evaluate(const CallExpr& expr) {
  return evaluate_call(expr, nullptr);
}

Value Interpreter::evaluate_call(const CallExpr& expr, const Value* caller) {
  const Value callee = evaluate(*expr.callee);
  CallArgs args = evaluate(expr.arguments);
  if (caller) args.named.emplace_back("caller", *caller);
  return call(rt_, callee, args);
}

Value Interpreter::evaluate(const FilterExpr& expr) {
  if (!expr.function) {
    fail(ErrorCode::kInvalidArgument, "there is no filter named '", expr.name, "'");
  }
  const Value input = expr.input ? evaluate(*expr.input) : Value::string(*filter_input_);
  return expr.function(rt_, input, evaluate(expr.arguments));
}

Value Interpreter::evaluate(const TestExpr& expr) {
  if (!expr.function) {
    fail(ErrorCode::kInvalidArgument, "there is no test named '", expr.name, "'");
  }
  const Value input = evaluate(*expr.input);
  return Value(expr.function(rt_, input, evaluate(expr.arguments)));
}

}  // namespace ridge::text
