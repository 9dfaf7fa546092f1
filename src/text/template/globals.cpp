#include "text/template/globals.h"

#include "text/template/builtin_objects.h"
#include "text/template/dict_arguments.h"
#include "text/template/interpreter_objects.h"
#include "text/template/strftime.h"

namespace ridge::text {
namespace {

Value range_function(Runtime& rt, const CallArgs& args) {
  if (!args.named.empty()) type_error("range() takes no keyword arguments");
  const auto bound = bind(args, {"range", {"start", "stop", "step"}, 1});
  RangeObject::Bounds bounds;
  const int64_t first = require_int(*bound[0], "range()'s argument");
  bounds.start = bound[1] ? first : 0;
  bounds.stop = bound[1] ? require_int(*bound[1], "range()'s argument") : first;
  bounds.step = bound[2] ? require_int(*bound[2], "range()'s argument") : 1;
  if (bounds.step == 0) value_error("range() arg 3 must not be zero");
  auto range = std::make_shared<RangeObject>(bounds);
  if (range->size() > rt.limits().max_range) {
    fail(ErrorCode::kUnsupported, "range() of ", range->size(), " items, the limit is ",
         rt.limits().max_range);
  }
  return Value::object(std::move(range));
}

Value raise_function(Runtime& rt, const CallArgs& args) {
  const auto bound = bind(args, {"raise_exception", {"message"}, 1});
  fail(ErrorCode::kInvalidArgument, to_text(rt, *bound[0]).bytes);
}

Value strftime_function(Runtime& rt, const CallArgs& args) {
  const auto bound = bind(args, {"strftime_now", {"format"}, 1});
  const std::string& format = require_text(*bound[0], "strftime_now's format").bytes;
  rt.make_bytes(format.size() * 16);
  return Value::string(format_time(rt.now(), format));
}

Value lipsum_function(Runtime&, const CallArgs&) {
  fail(ErrorCode::kUnsupported, "lipsum() is not supported in chat templates");
}

Value fromkeys_function(Runtime& rt, const CallArgs& args) {
  const auto bound = bind(args, {"fromkeys", {"iterable", "value"}, 1});
  std::vector<DictData::Item> items;
  for (Value& key : to_items(rt, *bound[0])) {
    items.emplace_back(std::move(key), bound[1] ? *bound[1] : Value::none());
  }
  return Value::dict(std::move(items));
}

class DictFunction : public Object {
 public:
  std::string_view type_name() const override { return "TemplateDict"; }
  bool callable() const override { return true; }
  Value call(Runtime& rt, const CallArgs& args) override {
    return Value::dict(dict_items(rt, args));
  }
  std::optional<Value> attribute(Runtime&, std::string_view name) override {
    if (name != "fromkeys") return std::nullopt;
    return Value::object(std::make_shared<FunctionObject>(fromkeys_function));
  }
};

int depth_over(const std::vector<Value>& items) {
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  return depth + 1;
}

class Cycler : public Object, public Kept {
 public:
  explicit Cycler(std::vector<Value> items) : Object(depth_over(items)), items_(std::move(items)) {}
  std::string_view type_name() const override { return "Cycler"; }
  std::optional<Value> attribute(Runtime& rt, std::string_view name) override;
  void release() override { items_.clear(); }

  const Value& current() const { return items_[index_]; }
  void advance() { index_ = (index_ + 1) % items_.size(); }
  void reset() { index_ = 0; }

 private:
  std::vector<Value> items_;
  size_t index_ = 0;
};

class CyclerFunction : public Object {
 public:
  CyclerFunction(std::shared_ptr<Cycler> cycler, bool resets)
      : Object(cycler->depth() + 1), cycler_(std::move(cycler)), resets_(resets) {}
  std::string_view type_name() const override { return "method"; }
  bool callable() const override { return true; }
  Value call(Runtime&, const CallArgs& args) override {
    bind(args, {"cycler method", {}});
    if (resets_) {
      cycler_->reset();
      return Value::none();
    }
    Value current = cycler_->current();
    cycler_->advance();
    return current;
  }

 private:
  std::shared_ptr<Cycler> cycler_;
  bool resets_;
};

std::optional<Value> Cycler::attribute(Runtime&, std::string_view name) {
  if (name == "current") return current();
  if (name != "next" && name != "reset") return std::nullopt;
  return Value::object(std::make_shared<CyclerFunction>(
      std::static_pointer_cast<Cycler>(shared_from_this()), name == "reset"));
}

Value cycler_function(Runtime& rt, const CallArgs& args) {
  if (!args.named.empty()) type_error("cycler() takes no keyword arguments");
  if (args.positional.empty()) {
    fail(ErrorCode::kInvalidArgument, "RuntimeError: at least one item has to be provided");
  }
  auto cycler = std::make_shared<Cycler>(args.positional);
  rt.keep(cycler);
  return Value::object(std::move(cycler));
}

class Joiner : public Object {
 public:
  explicit Joiner(Value separator)
      : Object(separator.depth() + 1), separator_(std::move(separator)) {}
  std::string_view type_name() const override { return "Joiner"; }
  bool callable() const override { return true; }
  Value call(Runtime&, const CallArgs& args) override {
    bind(args, {"joiner", {}});
    return std::exchange(used_, true) ? separator_ : Value::string("");
  }

 private:
  Value separator_;
  bool used_ = false;
};

Value joiner_function(Runtime&, const CallArgs& args) {
  const auto bound = bind(args, {"joiner", {"sep"}});
  return Value::object(std::make_shared<Joiner>(bound[0] ? *bound[0] : Value::trusted(", ")));
}

struct GlobalEntry {
  std::string_view name;
  GlobalFunction function;
};

constexpr GlobalEntry kGlobals[] = {
    {"range", range_function},           {"namespace", NamespaceObject::make},
    {"raise_exception", raise_function}, {"strftime_now", strftime_function},
    {"cycler", cycler_function},         {"joiner", joiner_function},
    {"lipsum", lipsum_function},
};

}  // namespace

std::vector<DictData::Item> dict_items(Runtime& rt, const CallArgs& args) {
  std::vector<DictData::Item> items;
  if (args.positional.size() > 1) {
    type_error("dict expected at most 1 argument, got ", args.positional.size());
  }
  if (!args.positional.empty()) {
    const Value& source = args.positional[0];
    if (source.is(Kind::kDict)) {
      items = source.dict().items();
      rt.step(int64_t(items.size()));
    } else {
      for (const Value& pair : to_items(rt, source)) {
        std::vector<Value> parts = to_items(rt, pair);
        if (parts.size() != 2) {
          value_error("dictionary update sequence element has length ", parts.size(),
                      "; 2 is required");
        }
        items.emplace_back(std::move(parts[0]), std::move(parts[1]));
      }
    }
  }
  for (const auto& [name, value] : args.named) items.emplace_back(Value::string(name), value);
  return items;
}

std::optional<Value> make_global(std::string_view name) {
  if (name == "dict") return Value::object(std::make_shared<DictFunction>());
  for (const GlobalEntry& entry : kGlobals) {
    if (entry.name == name) return Value::object(std::make_shared<FunctionObject>(entry.function));
  }
  return std::nullopt;
}

}  // namespace ridge::text
