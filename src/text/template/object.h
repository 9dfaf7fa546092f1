// What templates handle beyond plain data: functions, macros, methods, loops, namespaces, ranges,
// views and generators. An Object belongs to one render and one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/template/runtime.h"
#include "text/template/value.h"

namespace ridge::text {

struct CallArgs {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

// One pass over the items of something.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual std::optional<Value> next(Runtime& rt) = 0;
};

class Object : public std::enable_shared_from_this<Object> {
 public:
  explicit Object(int depth = 1) : depth_(depth) {
    if (depth > kMaxValueDepth) {
      fail(ErrorCode::kUnsupported, "a template value is nested deeper than the limit of ",
           kMaxValueDepth, " levels");
    }
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;

  int depth() const { return depth_; }
  virtual std::string_view type_name() const = 0;  // static storage
  virtual std::string repr(Runtime& rt);

  virtual bool callable() const { return false; }
  virtual Value call(Runtime& rt, const CallArgs& args);
  virtual std::optional<Value> attribute(Runtime& rt, std::string_view name);
  virtual std::optional<Value> item(Runtime& rt, const Value& key);
  virtual bool iterable() const { return false; }
  virtual std::unique_ptr<Cursor> iterate(Runtime& rt);
  virtual std::optional<int64_t> length(Runtime& rt);
  virtual bool subscriptable() const { return false; }

 private:
  int depth_;
};

}  // namespace ridge::text
