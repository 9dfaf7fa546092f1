#include "text/template/interpreter_objects.h"

#include "text/template/builtin_objects.h"
#include "text/template/dict_arguments.h"

namespace ridge::text {
std::string MacroObject::repr(Runtime&) {
  return cat("<Macro '", macro_.name, "'>");
}

Value MacroObject::call(Runtime& rt, const CallArgs& args) {
  const Runtime::Call call(rt);
  return interpreter_.call_macro(macro_, definition_, args);
}

std::optional<Value> MacroObject::attribute(Runtime&, std::string_view name) {
  if (name == "name") return Value::trusted(macro_.name);
  if (name == "catch_kwargs") return Value(macro_.uses_kwargs);
  if (name == "catch_varargs") return Value(macro_.uses_varargs);
  if (name == "caller") return Value(macro_.uses_caller);
  if (name != "arguments") return std::nullopt;
  std::vector<Value> names;
  for (const Symbol symbol : macro_.parameters) {
    names.push_back(Value::trusted(interpreter_.name_of(symbol)));
  }
  return Value::tuple(std::move(names));
}

std::optional<Value> LoopObject::advance(Runtime& rt) {
  std::optional<Value> item = peek(rt);
  after_.reset();
  if (!item) return item;
  ++index0_;
  before_ = std::exchange(current_, item);
  return item;
}

const std::optional<Value>& LoopObject::peek(Runtime& rt) {
  if (!after_ && !exhausted_) {
    after_ = cursor_->next(rt);
    exhausted_ = !after_;
  }
  return after_;
}

std::optional<int64_t> LoopObject::length(Runtime& rt) {
  if (length_) return length_;
  std::vector<Value> rest;
  while (auto item = cursor_->next(rt)) rest.push_back(std::move(*item));
  length_ = int64_t(rest.size()) + index0_ + 1 + (after_ ? 1 : 0);
  cursor_ = std::make_unique<ItemsCursor>(std::move(rest));
  return length_;
}

// loop.cycle and loop.changed.
class LoopObject::Function : public Object {
 public:
  Function(std::shared_ptr<LoopObject> loop, bool is_cycle)
      : loop_(std::move(loop)), is_cycle_(is_cycle) {}
  std::string_view type_name() const override { return "method"; }
  bool callable() const override { return true; }
  Value call(Runtime& rt, const CallArgs& args) override {
    if (!args.named.empty()) type_error("loop functions take no keyword arguments");
    if (!is_cycle_) return loop_->changed(rt, args);
    if (args.positional.empty()) type_error("no items for cycling given");
    return args.positional[size_t(loop_->index0_) % args.positional.size()];
  }

 private:
  std::shared_ptr<LoopObject> loop_;
  bool is_cycle_;
};

Value LoopObject::changed(Runtime& rt, const CallArgs& args) {
  Value seen = Value::tuple(args.positional);
  if (last_changed_ && equal(rt, *last_changed_, seen)) return Value(false);
  last_changed_ = std::move(seen);
  return Value(true);
}

std::optional<Value> LoopObject::attribute(Runtime& rt, std::string_view name) {
  if (name == "index") return Value(index0_ + 1);
  if (name == "index0") return Value(index0_);
  if (name == "first") return Value(index0_ == 0);
  if (name == "last") return Value(!peek(rt));
  if (name == "length") return Value(*length(rt));
  if (name == "revindex") return Value(*length(rt) - index0_);
  if (name == "revindex0") return Value(*length(rt) - index0_ - 1);
  if (name == "depth") return Value(int64_t{depth0_} + 1);
  if (name == "depth0") return Value(int64_t{depth0_});
  if (name == "previtem") {
    if (index0_ > 0) return *before_;
    return Value::undefined({.hint = "there is no previous item"});
  }
  if (name == "nextitem") {
    if (const auto& next = peek(rt)) return *next;
    return Value::undefined({.hint = "there is no next item"});
  }
  if (name == "cycle" || name == "changed") {
    auto self = std::static_pointer_cast<LoopObject>(shared_from_this());
    return Value::object(std::make_shared<Function>(std::move(self), name == "cycle"));
  }
  return std::nullopt;
}

std::string LoopObject::repr(Runtime& rt) {
  return cat("<LoopContext ", index0_ + 1, "/", *length(rt), ">");
}

Value LoopObject::call(Runtime& rt, const CallArgs& args) {
  if (!stmt_.recursive) {
    type_error("the loop must have the 'recursive' marker to be called recursively");
  }
  const Runtime::Call call(rt);
  const auto bound = bind(args, {"loop", {"iterable"}, 1});
  return interpreter_.recurse_loop(stmt_, outer_, *bound[0], depth0_ + 1);
}

Value NamespaceObject::make(Runtime& rt, const CallArgs& args) {
  auto made = std::make_shared<NamespaceObject>();
  for (auto& [key, value] : dict_items(rt, args)) {
    made->set(require_text(key, "the name of a namespace's attribute").bytes, value);
  }
  rt.keep(made);
  return Value::object(std::move(made));
}

std::string NamespaceObject::repr(Runtime& rt) {
  std::vector<DictData::Item> items;
  for (const auto& [name, value] : attributes_) items.emplace_back(Value::string(name), value);
  const Runtime::Call call(rt);  // a namespace may contain itself
  return cat("<Namespace ", text::repr(rt, Value::dict(std::move(items))), ">");
}

std::optional<Value> NamespaceObject::attribute(Runtime&, std::string_view name) {
  for (const auto& [known, value] : attributes_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

void NamespaceObject::set(std::string_view name, Value value) {
  if (name.starts_with('_')) {
    fail(ErrorCode::kInvalidArgument,
         "SecurityError: templates cannot store attributes that start with an underscore on a "
         "namespace, but got '",
         name, "'");
  }
  for (auto& [known, held] : attributes_) {
    if (known == name) {
      held = std::move(value);
      return;
    }
  }
  attributes_.emplace_back(name, std::move(value));
}

}  // namespace ridge::text
