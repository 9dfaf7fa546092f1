// Ebnf: the rules of one grammar, written in XGrammar's notation. Rule names come from here alone,
// so that no source can name a rule of another or a macro of the notation. An expression is text
// that may stand in a sequence; `choice` and `repeat` bring their own brackets. Throws
// Error{kInvalidArgument} when a grammar outgrows its limits.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/compiler.h"
#include "grammar/counted_text.h"

namespace ridge::grammar {

using ControlNames = std::set<std::string>;

class Ebnf {
 public:
  explicit Ebnf(const CompilerLimits& limits, ControlNames control = {})
      : limits_(limits), control_(std::move(control)) {}

  const CompilerLimits& limits() const { return limits_; }

  std::string declare(std::string_view hint);  // a new name; defined once, later
  void define(const std::string& name, const std::string& expression);
  std::string rule(std::string_view hint, const std::string& expression);
  // One rule for each key, made at its first use.
  std::string shared(const std::string& key, const std::function<std::string()>& expression);

  // What stands in front of a text that keeps the count; the grammar's matcher has to do it.
  std::string count_mark(const CountedText& text);
  const std::vector<CountedText>& counts() const { return counts_; }  // the i-th mark's

  // The text with a mark before each name of a control token; throws for what is not UTF-8.
  std::string marked(std::string_view text) const;
  std::string marked_literal(std::string_view text) const;

  // Takes so many nodes out of the limit.
  void spend(int64_t nodes);
  // Throws when something nests deeper than the limit.
  void check_depth(int64_t depth) const;

  std::string text(const std::string& root_expression) const;

 private:
  size_t control_name_at(std::string_view text, size_t at) const;

  CompilerLimits limits_;
  ControlNames control_;
  int64_t spent_ = 0;
  int64_t n_names_ = 0;
  std::string rules_;
  std::vector<CountedText> counts_;
  std::map<std::string, std::string> shared_;
};

// The text itself, which is valid UTF-8; "" is the empty expression.
std::string literal(std::string_view text);
std::string concat(const std::vector<std::string>& expressions);
std::string choice(const std::vector<std::string>& expressions);
std::string repeat(const std::string& expression, int64_t min, int64_t max);  // max -1: no limit

}  // namespace ridge::grammar
