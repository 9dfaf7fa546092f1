#include "text/template/interpreter.h"

#include <algorithm>

#include "text/template/globals.h"
#include "text/template/interpreter_objects.h"

namespace ridge::text {
namespace {

// The items for which the filter of a for statement holds, tested one by one as they are wanted.
class FilteredCursor : public Cursor {
 public:
  FilteredCursor(Interpreter& interpreter, const ForStmt& stmt, std::unique_ptr<Cursor> source,
                 std::shared_ptr<Scope> outer)
      : interpreter_(interpreter),
        stmt_(stmt),
        source_(std::move(source)),
        scope_(std::make_shared<Scope>(std::move(outer))) {}

  std::optional<Value> next(Runtime& rt) override {
    while (auto item = source_->next(rt)) {
      const Interpreter::Enter enter(interpreter_, scope_);
      interpreter_.assign(stmt_.target, *item);
      if (truthy(rt, interpreter_.evaluate(*stmt_.filter))) return item;
    }
    return std::nullopt;
  }

 private:
  Interpreter& interpreter_;
  const ForStmt& stmt_;
  std::unique_ptr<Cursor> source_;
  std::shared_ptr<Scope> scope_;
};

}  // namespace

Interpreter::Interpreter(const Ast& ast, const Value& globals, Runtime& rt)
    : ast_(ast),
      rt_(rt),
      globals_(ast.symbols.size()),
      has_global_(ast.symbols.size()),
      scope_(std::make_shared<Scope>(nullptr)) {
  for (size_t i = 0; i < ast.symbols.size(); ++i) {
    const std::string& name = ast.symbols[i];
    if (const Value* given = globals.dict().find(name)) {
      globals_[i] = *given;
      has_global_[i] = true;
    } else if (auto builtin = make_global(name)) {
      globals_[i] = *std::move(builtin);
      has_global_[i] = true;
    }
  }
}

Text Interpreter::run() {
  TextBuilder out;
  out_ = &out;
  execute(ast_.body);
  return out.take();
}

Interpreter::Flow Interpreter::execute(const Body& body) {
  for (const Stmt& stmt : body) {
    if (const Flow flow = execute(stmt); flow != Flow::kNormal) return flow;
  }
  return Flow::kNormal;
}

Interpreter::Flow Interpreter::execute(const Stmt& stmt) {
  rt_.step();
  const Runtime::Level level(rt_);
  return std::visit([this](const auto& node) { return execute(node); }, stmt.node);
}

Interpreter::Flow Interpreter::execute(const TextStmt& stmt) {
  append_text(rt_, *out_, stmt.text);
  return Flow::kNormal;
}

Interpreter::Flow Interpreter::execute(const PrintStmt& stmt) {
  append_text(rt_, *out_, evaluate(*stmt.value));
  return Flow::kNormal;
}

Interpreter::Flow Interpreter::execute(const IfStmt& stmt) {
  for (const auto& [test, body] : stmt.branches) {
    if (!test || truthy(rt_, evaluate(*test))) return execute(body);
  }
  return Flow::kNormal;
}

Interpreter::Flow Interpreter::execute(const ForStmt& stmt) {
  return run_loop(stmt, evaluate(*stmt.iterable), 0);
}

Interpreter::Flow Interpreter::run_loop(const ForStmt& stmt, const Value& iterable, int depth) {
  const auto loop = std::make_shared<LoopObject>(*this, stmt, scope_, depth);
  auto cursor = iterate(rt_, iterable);
  if (stmt.filter) {
    loop->walk(std::make_unique<FilteredCursor>(*this, stmt, std::move(cursor), scope_),
               std::nullopt);
  } else {
    loop->walk(std::move(cursor), text::length(rt_, iterable));
  }
  bool completed = false;
  const Flow flow = run_iterations(stmt, *loop, completed);
  if (flow != Flow::kNormal || completed || stmt.otherwise.empty()) return Flow::kNormal;
  const Enter enter(*this, std::make_shared<Scope>(scope_));
  return execute(stmt.otherwise);
}

// completed: some iteration came to the end of its body. Jinja2 runs the else block when none did,
// even if break or continue is the reason.
Interpreter::Flow Interpreter::run_iterations(const ForStmt& stmt, LoopObject& loop,
                                              bool& completed) {
  auto scope = std::make_shared<Scope>(scope_);
  const std::shared_ptr<Scope> outer = scope_;
  while (auto item = loop.advance(rt_)) {
    if (scope.use_count() > 1) {
      scope = std::make_shared<Scope>(outer);  // a macro or a generator holds the last one
    } else {
      scope->clear();
    }
    const Enter enter(*this, scope);
    scope->set(ast_.loop, Value::object(loop.shared_from_this()));
    assign(stmt.target, *item);
    const Flow flow = execute(stmt.body);
    if (flow == Flow::kBreak) break;
    completed |= flow == Flow::kNormal;
  }
  return Flow::kNormal;
}

Value Interpreter::recurse_loop(const ForStmt& loop, const std::shared_ptr<Scope>& outer,
                                const Value& iterable, int depth) {
  TextBuilder out;
  TextBuilder* const around = std::exchange(out_, &out);
  {
    const Enter enter(*this, outer);
    run_loop(loop, iterable, depth);
  }
  out_ = around;
  return Value::string(out.take());
}

Interpreter::Flow Interpreter::execute(const SetStmt& stmt) {
  require_namespaces(stmt.target);
  assign(stmt.target, evaluate(*stmt.value));
  return Flow::kNormal;
}

Interpreter::Captured Interpreter::capture(const Body& body, std::shared_ptr<Scope> scope) {
  TextBuilder out;
  TextBuilder* const around = std::exchange(out_, &out);
  Captured captured;
  {
    const Enter enter(*this, std::move(scope));
    captured.flow = execute(body);
  }
  out_ = around;
  captured.text = out.take();
  return captured;
}

Value Interpreter::filtered(const ExprPtr& filter, Text text) {
  if (!filter) return Value::string(std::move(text));
  const Text* const around = std::exchange(filter_input_, &text);
  Value value = evaluate(*filter);
  filter_input_ = around;
  return value;
}

Interpreter::Flow Interpreter::execute(const SetBlockStmt& stmt) {
  require_namespaces(stmt.target);
  Captured captured = capture(stmt.body, std::make_shared<Scope>(scope_));
  if (captured.flow != Flow::kNormal) return captured.flow;
  assign(stmt.target, filtered(stmt.filter, std::move(captured.text)));
  return Flow::kNormal;
}

Interpreter::Flow Interpreter::execute(const FilterBlockStmt& stmt) {
  Captured captured = capture(stmt.body, std::make_shared<Scope>(scope_));
  if (captured.flow != Flow::kNormal) return captured.flow;
  append_text(rt_, *out_, filtered(stmt.filter, std::move(captured.text)));
  return Flow::kNormal;
}

Value Interpreter::make_macro(const MacroDef& macro) {
  scope_->keep_in(rt_, scope_);
  return Value::object(std::make_shared<MacroObject>(*this, macro, scope_));
}

Interpreter::Flow Interpreter::execute(const MacroStmt& stmt) {
  scope_->set(stmt.symbol, make_macro(stmt.macro));
  return Flow::kNormal;
}

Interpreter::Flow Interpreter::execute(const CallBlockStmt& stmt) {
  const Value caller = make_macro(stmt.caller);
  append_text(rt_, *out_, evaluate_call(std::get<CallExpr>(stmt.call->node), &caller));
  return Flow::kNormal;
}

Interpreter::Flow Interpreter::execute(const WithStmt& stmt) {
  auto scope = std::make_shared<Scope>(scope_);
  for (const auto& [target, expr] : stmt.bindings) {
    const Value value = evaluate(*expr);
    const Enter enter(*this, scope);
    assign(target, value);
  }
  const Enter enter(*this, std::move(scope));
  return execute(stmt.body);
}

Interpreter::Flow Interpreter::execute(const GenerationStmt& stmt) {
  const Enter enter(*this, std::make_shared<Scope>(scope_));
  return execute(stmt.body);
}

void Interpreter::require_namespaces(const Target& target) {
  for (const Target& item : target.items) require_namespaces(item);
  if (target.form != Target::Form::kAttribute) return;
  const Value owner = lookup(target.symbol);
  if (!owner.is(Kind::kObject) || !dynamic_cast<NamespaceObject*>(&owner.object())) {
    fail(ErrorCode::kInvalidArgument, "cannot assign attribute on non-namespace object '",
         name_of(target.symbol), "'");
  }
}

void Interpreter::assign_attribute(const Target& target, const Value& value) {
  const Value owner = lookup(target.symbol);
  auto* const names =
      owner.is(Kind::kObject) ? dynamic_cast<NamespaceObject*>(&owner.object()) : nullptr;
  if (!names) type_error("'", name_of(target.symbol), "' is no longer a namespace");
  names->set(target.attribute, value);
}

void Interpreter::assign(const Target& target, const Value& value) {
  switch (target.form) {
    case Target::Form::kName:
      scope_->set(target.symbol, value);
      return;
    case Target::Form::kAttribute:
      assign_attribute(target, value);
      return;
    case Target::Form::kTuple:
      break;
  }
  const std::vector<Value> items = to_items(rt_, value);
  if (items.size() != target.items.size()) {
    value_error("cannot unpack ", items.size(), " values into ", target.items.size(), " names");
  }
  for (size_t i = 0; i < items.size(); ++i) assign(target.items[i], items[i]);
}

Value Interpreter::call_macro(const MacroDef& macro, const std::shared_ptr<Scope>& definition,
                              const CallArgs& args) {
  auto scope = std::make_shared<Scope>(definition);
  const size_t n = macro.parameters.size();
  std::vector<bool> given(n);
  for (size_t i = 0; i < std::min(n, args.positional.size()); ++i) {
    scope->set(macro.parameters[i], args.positional[i]);
    given[i] = true;
  }
  std::vector<DictData::Item> rest;
  Value caller = Value::undefined({.hint = "no caller defined"});
  for (const auto& [name, value] : args.named) {
    const auto it = std::find_if(macro.parameters.begin(), macro.parameters.end(),
                                 [&](Symbol symbol) { return name_of(symbol) == name; });
    const auto at = size_t(it - macro.parameters.begin());
    if (at < n && !given[at]) {
      scope->set(*it, value);
      given[at] = true;
    } else if (name == "caller" && macro.uses_caller) {
      caller = value;
    } else if (macro.uses_kwargs) {
      rest.emplace_back(Value::string(name), value);  // may come from **: not trusted
    } else {
      type_error("macro '", macro.name, "' takes no keyword argument '", name, "'");
    }
  }
  if (args.positional.size() > n && !macro.uses_varargs) {
    type_error("macro '", macro.name, "' takes not more than ", n, " arguments");
  }
  if (macro.uses_caller && !scope->has_own(ast_.caller)) scope->set(ast_.caller, caller);
  if (macro.uses_kwargs) scope->set(ast_.kwargs, Value::dict(std::move(rest)));
  if (macro.uses_varargs) {
    const auto first =
        args.positional.begin() + std::ptrdiff_t(std::min(n, args.positional.size()));
    scope->set(ast_.varargs, Value::tuple({first, args.positional.end()}));
  }
  set_defaults(macro, scope, given);
  return Value::string(capture(macro.body, std::move(scope)).text);
}

void Interpreter::set_defaults(const MacroDef& macro, const std::shared_ptr<Scope>& scope,
                               const std::vector<bool>& given) {
  const Enter enter(*this, scope);
  const size_t n = macro.parameters.size();
  const size_t first_default = n - macro.defaults.size();
  for (size_t i = 0; i < n; ++i) {
    if (given[i]) continue;
    const Symbol symbol = macro.parameters[i];
    scope->set(symbol, i >= first_default
                           ? evaluate(*macro.defaults[i - first_default])
                           : Value::undefined({.hint = cat("parameter '", name_of(symbol),
                                                           "' was not provided")}));
  }
}

}  // namespace ridge::text
