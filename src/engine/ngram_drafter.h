// NgramDrafter: guesses that a text goes on as it did the last time its latest tokens came up. It
// costs a look into a table and nothing else, and pays where an answer repeats its prompt: edits of
// code, quotes, tool calls (prompt look-up decoding; A. Saxena, 2023). One text at a time; what
// it knows of one is kept as long as the text only grows. One thread.
#pragma once

#include <array>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/drafter.h"

namespace ridge {

class NgramDrafter final : public Drafter {
 public:
  std::string_view name() const override { return "n-grams"; }
  void observe(int64_t, std::span<const text::Token>, const Tensor&) override {}
  std::span<const text::Token> propose(const DraftRequest& request) override;
  int64_t step_bytes() const override { return 0; }
  int64_t memory_bytes() const override { return 0; }

 private:
  // Longer contexts are believed first.
  static constexpr std::array<int64_t, 2> kLengths = {8, 3};
  bool goes_on(std::span<const text::Token> text) const;
  void learn(std::span<const text::Token> text);

  // Of each length: where the tokens after it began, the last time; keys may collide.
  std::array<std::unordered_map<uint64_t, int64_t>, kLengths.size()> next_;
  int64_t n_learned_ = 0;          // positions whose next token is known
  std::vector<text::Token> last_;  // of those, the last few, to know the text by
};

}  // namespace ridge
