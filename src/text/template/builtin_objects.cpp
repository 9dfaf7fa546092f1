#include "text/template/builtin_objects.h"

#include "text/template/semantics.h"

namespace ridge::text {
namespace {

class RangeCursor : public Cursor {
 public:
  explicit RangeCursor(std::shared_ptr<RangeObject> range) : range_(std::move(range)) {}
  std::optional<Value> next(Runtime& rt) override {
    rt.step();
    if (index_ == range_->size()) return std::nullopt;
    return Value(range_->at(index_++));
  }

 private:
  std::shared_ptr<RangeObject> range_;
  int64_t index_ = 0;
};

class DictCursor : public Cursor {
 public:
  DictCursor(Value dict, DictView::Part part) : dict_(std::move(dict)), part_(part) {}
  std::optional<Value> next(Runtime& rt) override {
    rt.step();
    const auto& items = dict_.dict().items();
    if (index_ == items.size()) return std::nullopt;
    const auto& [key, value] = items[index_++];
    if (part_ == DictView::Part::kKeys) return key;
    if (part_ == DictView::Part::kValues) return value;
    return Value::tuple({key, value});
  }

 private:
  Value dict_;
  DictView::Part part_;
  size_t index_ = 0;
};

class GeneratorCursor : public Cursor {
 public:
  explicit GeneratorCursor(std::shared_ptr<Generator> source) : source_(std::move(source)) {}
  std::optional<Value> next(Runtime& rt) override { return source_->next(rt); }

 private:
  std::shared_ptr<Generator> source_;
};

}  // namespace

std::string Object::repr(Runtime&) {
  return cat("<", type_name(), " object>");
}

Value Object::call(Runtime&, const CallArgs&) {
  type_error("'", type_name(), "' object is not callable");
}

std::optional<Value> Object::attribute(Runtime&, std::string_view) {
  return std::nullopt;
}

std::optional<Value> Object::item(Runtime&, const Value&) {
  return std::nullopt;
}

std::unique_ptr<Cursor> Object::iterate(Runtime&) {
  type_error("'", type_name(), "' object is not iterable");
}

std::optional<int64_t> Object::length(Runtime&) {
  return std::nullopt;
}

RangeObject::RangeObject(Bounds bounds) : bounds_(bounds) {
  const auto [start, stop, step] = bounds;
  // In 128 bits nothing here overflows.
  const __int128 distance = step > 0 ? __int128{stop} - start : __int128{start} - stop;
  const __int128 stride = step > 0 ? __int128{step} : -__int128{step};
  const __int128 size = distance <= 0 ? 0 : (distance + stride - 1) / stride;
  size_ = size > INT64_MAX ? INT64_MAX : int64_t(size);
}

std::string RangeObject::repr(Runtime&) {
  const auto [start, stop, step] = bounds_;
  return step == 1 ? cat("range(", start, ", ", stop, ")")
                   : cat("range(", start, ", ", stop, ", ", step, ")");
}

std::optional<Value> RangeObject::attribute(Runtime&, std::string_view name) {
  if (name == "start") return Value(bounds_.start);
  if (name == "stop") return Value(bounds_.stop);
  if (name == "step") return Value(bounds_.step);
  return std::nullopt;
}

std::optional<Value> RangeObject::item(Runtime&, const Value& key) {
  auto index = as_index(key);
  if (!index) return std::nullopt;
  if (*index < 0) *index += size_;
  if (*index < 0 || *index >= size_) return std::nullopt;
  return Value(at(*index));
}

std::unique_ptr<Cursor> RangeObject::iterate(Runtime&) {
  return std::make_unique<RangeCursor>(std::static_pointer_cast<RangeObject>(shared_from_this()));
}

std::shared_ptr<RangeObject> RangeObject::part(int64_t start, int64_t stop, int64_t step) const {
  const auto place = [this](int64_t index) {
    int64_t scaled = 0;
    int64_t out = 0;
    if (__builtin_mul_overflow(index, bounds_.step, &scaled) ||
        __builtin_add_overflow(bounds_.start, scaled, &out)) {
      fail(ErrorCode::kUnsupported, "a range of the template does not fit into 64 bits");
    }
    return out;
  };
  int64_t stride = 0;
  if (__builtin_mul_overflow(bounds_.step, step, &stride)) {
    fail(ErrorCode::kUnsupported, "a range of the template does not fit into 64 bits");
  }
  return std::make_shared<RangeObject>(Bounds{place(start), place(stop), stride});
}

std::optional<int64_t> RangeObject::length(Runtime&) {
  return size_;
}

DictView::DictView(Value dict, Part part)
    : Object(dict.depth() + 1), dict_(std::move(dict)), part_(part) {}

std::string_view DictView::type_name() const {
  if (part_ == Part::kKeys) return "dict_keys";
  return part_ == Part::kValues ? "dict_values" : "dict_items";
}

std::string DictView::repr(Runtime& rt) {
  return cat(type_name(), "(",
             text::repr(rt, Value::list(to_items(rt, Value::object(shared_from_this())))), ")");
}

std::unique_ptr<Cursor> DictView::iterate(Runtime&) {
  return std::make_unique<DictCursor>(dict_, part_);
}

std::optional<int64_t> DictView::length(Runtime&) {
  return int64_t(dict_.dict().items().size());
}

std::unique_ptr<Cursor> Generator::iterate(Runtime&) {
  return std::make_unique<GeneratorCursor>(std::static_pointer_cast<Generator>(shared_from_this()));
}

std::optional<Value> Generator::next(Runtime& rt) {
  const Runtime::Level level(rt);
  return cursor_->next(rt);
}

Value BoundMethod::call(Runtime& rt, const CallArgs& args) {
  if (!method_.function) {
    fail(ErrorCode::kUnsupported, "the method '", method_.name, "' is not supported in templates");
  }
  return method_.function(rt, self_, args);
}

}  // namespace ridge::text
