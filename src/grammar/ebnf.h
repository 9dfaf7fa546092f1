// Ebnf: the rules of one grammar, written in XGrammar's notation. Rule names come from here alone,
// so that no source can name a rule of another or a macro of the notation. An expression is text
// that may stand in a sequence; `choice` and `repeat` bring their own brackets. Throws
// Error{kInvalidArgument} when a grammar outgrows its limits.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/compiler.h"

namespace ridge::grammar {

class Ebnf {
 public:
  explicit Ebnf(const CompilerLimits& limits) : limits_(limits) {}

  const CompilerLimits& limits() const { return limits_; }

  std::string declare(std::string_view hint);  // a new name; defined once, later
  void define(const std::string& name, const std::string& expression);
  std::string rule(std::string_view hint, const std::string& expression);
  // One rule for each key, made at its first use.
  std::string shared(const std::string& key, const std::function<std::string()>& expression);

  // Takes so many nodes out of the limit.
  void spend(int64_t nodes);
  // Throws when something nests deeper than the limit.
  void check_depth(int64_t depth) const;

  std::string text(const std::string& root_expression) const;

 private:
  CompilerLimits limits_;
  int64_t spent_ = 0;
  int64_t n_names_ = 0;
  std::string rules_;
  std::map<std::string, std::string> shared_;
};

// The text itself, which is valid UTF-8; "" is the empty expression.
std::string literal(std::string_view text);
std::string concat(const std::vector<std::string>& expressions);
std::string choice(const std::vector<std::string>& expressions);
std::string repeat(const std::string& expression, int64_t min, int64_t max);  // max -1: no limit

}  // namespace ridge::grammar
