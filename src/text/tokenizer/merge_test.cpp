#include "text/tokenizer/merge.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace ridge::text {
namespace {

// Tokens 0..7 and a random table of what neighbours become.
class RandomMerges {
 public:
  explicit RandomMerges(uint64_t seed) {
    Rng rng(seed);
    for (auto& row : table_) {
      for (Merge& merge : row) {
        if (rng.below(3) == 0) merge = {uint32_t(rng.below(20)), Token(rng.below(8))};
      }
    }
  }
  Merge operator()(const Symbol& left, const Symbol& right) const {
    return table_[size_t(left.id)][size_t(right.id)];
  }

 private:
  std::array<std::array<Merge, 8>, 8> table_;
};

// The definition, as slow as it is plain.
std::vector<Symbol> merged_one_by_one(std::vector<Symbol> symbols, const RandomMerges& lookup) {
  while (true) {
    Merge best;
    size_t at = 0;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Merge merge = lookup(symbols[i], symbols[i + 1]);
      if (merge.rank < best.rank) {
        best = merge;
        at = i;
      }
    }
    if (best.rank == Merge::kNever) return symbols;
    symbols[at].size += symbols[at + 1].size;
    symbols[at].id = best.id;
    symbols.erase(symbols.begin() + std::ptrdiff_t(at) + 1);
  }
}

TEST(Merge, BothWaysOfMergingFollowTheDefinition) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const RandomMerges lookup(seed);
    Rng rng(seed + 1000);
    std::vector<Symbol> symbols;
    for (uint32_t i = 0; i < 2 + seed % 90; ++i) symbols.push_back({i, 1, Token(rng.below(8))});
    const auto wanted = merged_one_by_one(symbols, lookup);
    auto by_choice = symbols;
    merge_symbols(by_choice, lookup);
    ASSERT_TRUE(by_choice == wanted) << seed;
    auto by_heap = symbols;
    detail::ManySymbols<RandomMerges>(by_heap, lookup).run();
    ASSERT_TRUE(by_heap == wanted) << seed;
  }
}

TEST(Merge, NothingAndOneSymbolStay) {
  const RandomMerges lookup(1);
  std::vector<Symbol> symbols;
  merge_symbols(symbols, lookup);
  EXPECT_TRUE(symbols.empty());
  symbols.push_back({0, 1, 3});
  merge_symbols(symbols, lookup);
  EXPECT_EQ(symbols.size(), 1u);
}

}  // namespace
}  // namespace ridge::text
