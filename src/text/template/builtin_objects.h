// The objects that Python itself brings along: range, dictionary views, generators, bound methods
// and functions. See object.h.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "text/template/object.h"

namespace ridge::text {

// Walks items that it owns.
class ItemsCursor : public Cursor {
 public:
  explicit ItemsCursor(std::vector<Value> items) : items_(std::move(items)) {}
  std::optional<Value> next(Runtime& rt) override {
    rt.step();
    return index_ < items_.size() ? std::optional<Value>(items_[index_++]) : std::nullopt;
  }

 private:
  std::vector<Value> items_;
  size_t index_ = 0;
};

class RangeObject : public Object {
 public:
  struct Bounds {
    int64_t start = 0;
    int64_t stop = 0;
    int64_t step = 1;
  };
  explicit RangeObject(Bounds bounds);
  std::string_view type_name() const override { return "range"; }
  std::string repr(Runtime& rt) override;
  std::optional<Value> attribute(Runtime& rt, std::string_view name) override;
  std::optional<Value> item(Runtime& rt, const Value& key) override;
  bool iterable() const override { return true; }
  std::unique_ptr<Cursor> iterate(Runtime& rt) override;
  std::optional<int64_t> length(Runtime& rt) override;
  bool subscriptable() const override { return true; }

  // The range of every step-th item from start up to stop, as a slice gives it.
  std::shared_ptr<RangeObject> part(int64_t start, int64_t stop, int64_t step) const;
  int64_t size() const { return size_; }
  int64_t at(int64_t index) const { return bounds_.start + index * bounds_.step; }

 private:
  Bounds bounds_;
  int64_t size_ = 0;
};

// dict.keys(), dict.values(), dict.items().
class DictView : public Object {
 public:
  enum class Part { kKeys, kValues, kItems };
  DictView(Value dict, Part part);
  std::string_view type_name() const override;
  std::string repr(Runtime& rt) override;
  bool iterable() const override { return true; }
  std::unique_ptr<Cursor> iterate(Runtime& rt) override;
  std::optional<int64_t> length(Runtime& rt) override;

 private:
  Value dict_;
  Part part_;
};

// Something that can be walked through once, as the filters map, select and batch return it.
class Generator : public Object {
 public:
  Generator(std::unique_ptr<Cursor> cursor, int depth)
      : Object(depth), cursor_(std::move(cursor)) {}
  std::string_view type_name() const override { return "generator"; }
  bool iterable() const override { return true; }
  std::unique_ptr<Cursor> iterate(Runtime& rt) override;
  std::optional<Value> next(Runtime& rt);

 private:
  std::unique_ptr<Cursor> cursor_;
};

using MethodFunction = Value (*)(Runtime& rt, const Value& self, const CallArgs& args);

struct Method {
  std::string_view name;
  MethodFunction function;
};

// Null: the type has no such method. A method without a function exists in Python but is not
// supported here.
const Method* find_string_method(std::string_view name);
const Method* find_list_method(std::string_view name);  // also of tuples
const Method* find_dict_method(std::string_view name);
bool changes_list(std::string_view name);  // methods that the immutable sandbox forbids
bool changes_dict(std::string_view name);

class BoundMethod : public Object {
 public:
  BoundMethod(Value self, const Method& method)
      : Object(self.depth() + 1), self_(std::move(self)), method_(method) {}
  std::string_view type_name() const override { return "builtin_function_or_method"; }
  bool callable() const override { return true; }
  Value call(Runtime& rt, const CallArgs& args) override;

 private:
  Value self_;
  const Method& method_;
};

using GlobalFunction = Value (*)(Runtime& rt, const CallArgs& args);

class FunctionObject : public Object {
 public:
  explicit FunctionObject(GlobalFunction function) : function_(function) {}
  std::string_view type_name() const override { return "function"; }
  bool callable() const override { return true; }
  Value call(Runtime& rt, const CallArgs& args) override { return function_(rt, args); }

 private:
  GlobalFunction function_;
};

}  // namespace ridge::text
