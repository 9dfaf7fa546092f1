// The objects that a template itself brings forth: macros, loops and namespaces.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "text/template/interpreter.h"
#include "text/template/object.h"

namespace ridge::text {

class MacroObject : public Object {
 public:
  MacroObject(Interpreter& interpreter, const MacroDef& macro, std::shared_ptr<Scope> definition)
      : interpreter_(interpreter), macro_(macro), definition_(std::move(definition)) {}
  std::string_view type_name() const override { return "Macro"; }
  std::string repr(Runtime& rt) override;
  bool callable() const override { return true; }
  Value call(Runtime& rt, const CallArgs& args) override;
  std::optional<Value> attribute(Runtime& rt, std::string_view name) override;

 private:
  Interpreter& interpreter_;
  const MacroDef& macro_;
  std::shared_ptr<Scope> definition_;
};

// The variable `loop`: walks the items and knows where it stands. Looks one item ahead only when
// somebody asks, as Jinja2 does.
class LoopObject : public Object {
 public:
  LoopObject(Interpreter& interpreter, const ForStmt& stmt, std::shared_ptr<Scope> outer,
             int depth0)
      : interpreter_(interpreter), stmt_(stmt), outer_(std::move(outer)), depth0_(depth0) {}
  void walk(std::unique_ptr<Cursor> cursor, std::optional<int64_t> length) {
    cursor_ = std::move(cursor);
    length_ = length;
  }
  std::optional<Value> advance(Runtime& rt);

  std::string_view type_name() const override { return "LoopContext"; }
  std::string repr(Runtime& rt) override;
  bool callable() const override { return true; }
  Value call(Runtime& rt, const CallArgs& args) override;
  std::optional<Value> attribute(Runtime& rt, std::string_view name) override;
  std::optional<int64_t> length(Runtime& rt) override;

 private:
  const std::optional<Value>& peek(Runtime& rt);
  Value changed(Runtime& rt, const CallArgs& args);

  class Function;

  Interpreter& interpreter_;
  const ForStmt& stmt_;
  std::shared_ptr<Scope> outer_;
  std::unique_ptr<Cursor> cursor_;
  std::optional<int64_t> length_;
  std::optional<Value> before_;
  std::optional<Value> current_;
  std::optional<Value> after_;
  std::optional<Value> last_changed_;
  bool exhausted_ = false;
  int64_t index0_ = -1;
  int depth0_;
};

class NamespaceObject : public Object, public Kept {
 public:
  static Value make(Runtime& rt, const CallArgs& args);
  std::string_view type_name() const override { return "Namespace"; }
  std::string repr(Runtime& rt) override;
  std::optional<Value> attribute(Runtime& rt, std::string_view name) override;
  void set(std::string_view name, Value value);
  void release() override { attributes_.clear(); }

 private:
  std::vector<std::pair<std::string, Value>> attributes_;
};

}  // namespace ridge::text
