// Matcher: an answer under a compiled grammar. Only this folder's .cpp files include it.
//
// Where a counted text begins, XGrammar is told the count's mark, which leaves of all the ways to
// read the answer those in which that count holds. Other ways go on beside it, in a matcher of
// their own: {"anyOf": [{"const": "auto"}, {"type": "string", "maxLength": 3}]} has two after the
// quote.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "grammar/compiled_grammar.h"
#include "sample/constraint.h"

namespace ridge::grammar {

class Matcher : public Constraint {
 public:
  explicit Matcher(std::shared_ptr<const CompiledGrammar> grammar);

  bool allowed(std::span<uint32_t> bits) override;
  void accept(int32_t token) override;
  void take_back(int n) override;

 private:
  using Count = CompiledGrammar::Count;
  struct Counting {
    const Count* count = nullptr;  // null: in no counted text
    TextCounter counter;
  };
  // One way to read the answer so far, or several between which no count differs.
  struct Way {
    explicit Way(xgrammar::GrammarMatcher begun) : matcher(std::move(begun)) {}

    xgrammar::GrammarMatcher matcher;
    Counting now;
    bool at_marks = false;  // it goes on, but not with the marks that others beside it took
    struct Step {
      int n_entries = 1;  // of the matcher's history
      Counting before;
    };
    std::deque<Step> steps;  // the last ones, since it began
    int n_missed = 0;        // tokens since it failed; kept while they may be taken back
  };

  bool fill(Way& way, std::span<uint32_t> bits) const;
  bool accept(Way& way, int32_t token) const;
  void begin_counts(size_t index, int32_t token);
  static void begin_count(Way& way, const Count& count);
  bool has_others(Way& way, const std::vector<const Count*>& begun);
  static void take_back(Way& way, int n);
  const std::string& text_of(int32_t token) const;

  std::shared_ptr<const CompiledGrammar> grammar_;
  std::deque<Way> ways_;
  std::vector<uint32_t> others_;  // scratch
  size_t n_words_ = 0;
};

}  // namespace ridge::grammar
