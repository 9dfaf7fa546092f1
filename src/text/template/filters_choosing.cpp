// Filters that apply other filters and tests to each item, lazily as in Jinja2.

#include "text/template/builtin_objects.h"
#include "text/template/filter_tables.h"
#include "text/template/semantics.h"

namespace ridge::text {
namespace {

// The arguments but for the first n.
CallArgs rest_of(const CallArgs& args, size_t n) {
  CallArgs rest{.named = args.named};
  for (size_t i = n; i < args.positional.size(); ++i) rest.positional.push_back(args.positional[i]);
  return rest;
}

const Value* named_argument(const CallArgs& args, std::string_view name) {
  for (const auto& [known, value] : args.named) {
    if (known == name) return &value;
  }
  return nullptr;
}

int depth_of(const Value& input, const CallArgs& args) {
  int depth = input.depth();
  for (const Value& value : args.positional) depth = std::max(depth, value.depth());
  for (const auto& [name, value] : args.named) depth = std::max(depth, value.depth());
  return depth + 1;
}

// Everything that may fail happens when the first item is asked for.
class LazyCursor : public Cursor {
 public:
  LazyCursor(Value input, CallArgs args) : args_(std::move(args)), input_(std::move(input)) {}

  std::optional<Value> next(Runtime& rt) final {
    if (!std::exchange(started_, true) && truthy(rt, input_)) {
      prepare();
      source_ = iterate(rt, input_);
    }
    while (source_) {
      auto item = source_->next(rt);
      if (!item) break;
      if (auto out = apply(rt, *item)) return out;
    }
    return std::nullopt;
  }

 protected:
  virtual void prepare() = 0;
  // Nothing when the item is to be left out.
  virtual std::optional<Value> apply(Runtime& rt, const Value& item) = 0;

  CallArgs args_;

 private:
  Value input_;
  std::unique_ptr<Cursor> source_;
  bool started_ = false;
};

class MapCursor : public LazyCursor {
 public:
  using LazyCursor::LazyCursor;

 private:
  void prepare() override {
    if (args_.positional.empty() && named_argument(args_, "attribute")) {
      bind(args_, {"map", {"attribute", "default"}});
      attribute_ = *named_argument(args_, "attribute");
      if (const Value* otherwise = named_argument(args_, "default")) default_ = *otherwise;
      return;
    }
    if (args_.positional.empty()) {
      fail(ErrorCode::kInvalidArgument, "FilterArgumentError: map requires a filter argument");
    }
    const std::string& name = require_text(args_.positional[0], "the name of a filter").bytes;
    filter_ = find_filter(name);
    if (!filter_) fail(ErrorCode::kInvalidArgument, "there is no filter named '", name, "'");
    args_ = rest_of(args_, 1);
  }

  std::optional<Value> apply(Runtime& rt, const Value& item) override {
    if (filter_) return filter_(rt, item, args_);
    return get_path(rt, item, attribute_, default_);
  }

  FilterFunction filter_ = nullptr;
  Value attribute_;
  Value default_ = Value::none();
};

template <bool kKeep, bool kByAttribute>
class SelectCursor : public LazyCursor {
 public:
  using LazyCursor::LazyCursor;

 private:
  void prepare() override {
    if (kByAttribute) {
      if (args_.positional.empty()) {
        fail(ErrorCode::kInvalidArgument,
             "FilterArgumentError: missing parameter for attribute name");
      }
      attribute_ = args_.positional[0];
      args_ = rest_of(args_, 1);
    }
    if (args_.positional.empty()) return;
    const std::string& name = require_text(args_.positional[0], "the name of a test").bytes;
    test_ = find_test(name);
    if (!test_) fail(ErrorCode::kInvalidArgument, "there is no test named '", name, "'");
    args_ = rest_of(args_, 1);
  }

  std::optional<Value> apply(Runtime& rt, const Value& item) override {
    const Value value = kByAttribute ? get_path(rt, item, attribute_) : item;
    const bool holds = test_ ? test_(rt, value, args_) : truthy(rt, value);
    return holds == kKeep ? std::optional<Value>(item) : std::nullopt;
  }

  TestFunction test_ = nullptr;
  Value attribute_;
};

template <class LazyKind>
Value lazily(Runtime&, const Value& input, const CallArgs& args) {
  return Value::object(
      std::make_shared<Generator>(std::make_unique<LazyKind>(input, args), depth_of(input, args)));
}

constexpr FilterEntry kFilters[] = {
    {"map", lazily<MapCursor>},
    {"select", lazily<SelectCursor<true, false>>},
    {"reject", lazily<SelectCursor<false, false>>},
    {"selectattr", lazily<SelectCursor<true, true>>},
    {"rejectattr", lazily<SelectCursor<false, true>>},
};

}  // namespace

std::span<const FilterEntry> choosing_filters() {
  return kFilters;
}

}  // namespace ridge::text
