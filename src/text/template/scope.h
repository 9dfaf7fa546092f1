// The variables of one loop iteration, macro call or block, on top of those around it.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "text/template/ast.h"
#include "text/template/runtime.h"

namespace ridge::text {

class Scope : public Kept {
 public:
  explicit Scope(std::shared_ptr<Scope> outer) : outer_(std::move(outer)) {}

  const Value* find(Symbol symbol) const {
    for (const Scope* scope = this; scope; scope = scope->outer_.get()) {
      for (const auto& [name, value] : scope->variables_) {
        if (name == symbol) return &value;
      }
    }
    return nullptr;
  }

  bool has_own(Symbol symbol) const {
    return std::any_of(variables_.begin(), variables_.end(),
                       [&](const auto& variable) { return variable.first == symbol; });
  }

  void set(Symbol symbol, Value value) {
    for (auto& [name, known] : variables_) {
      if (name == symbol) {
        known = std::move(value);
        return;
      }
    }
    variables_.emplace_back(symbol, std::move(value));
  }

  void clear() { variables_.clear(); }
  void release() override {
    variables_.clear();
    outer_.reset();
  }

  // A macro holds on to this scope: it must be emptied when the render ends.
  void keep_in(Runtime& rt, const std::shared_ptr<Scope>& self) {
    if (!std::exchange(kept_, true)) rt.keep(self);
  }

 private:
  std::shared_ptr<Scope> outer_;
  std::vector<std::pair<Symbol, Value>> variables_;
  bool kept_ = false;
};

}  // namespace ridge::text
