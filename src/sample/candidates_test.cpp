#include "sample/candidates.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/rng.h"

namespace ridge::sample {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<int32_t> tokens_of(const Candidates& candidates) {
  std::vector<int32_t> tokens;
  for (const Candidate& c : candidates) tokens.push_back(c.token);
  return tokens;
}

// Few distinct values, so that there are ties everywhere; some tokens forbidden.
std::vector<float> coarse_logits(size_t n, uint64_t levels, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> logits(n);
  for (float& x : logits) x = rng.below(10) == 0 ? -kInf : float(rng.below(levels)) - 3;
  return logits;
}

Candidates sorted_reference(std::span<const float> logits) {
  Candidates all;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] > -kInf) all.push_back({logits[i], int32_t(i)});
  }
  std::sort(all.begin(), all.end(), better);
  return all;
}

TEST(Candidates, TheBestTokensAreThoseOfAFullSort) {
  for (const size_t n : {1u, 100u, 1000u, 4097u}) {
    for (const uint64_t levels : {1u, 5u, 1000000u}) {
      const auto logits = coarse_logits(n, levels, n + levels);
      const Candidates all = sorted_reference(logits);
      for (const int k : {1, 2, 40, 300, 4000, 1000000}) {
        Candidates best;
        best.reserve(n);
        gather_best(logits, k, best);
        auto expected = tokens_of(all);
        expected.resize(std::min(expected.size(), size_t(k)));
        EXPECT_EQ(tokens_of(best), expected) << n << " tokens, k " << k;
        EXPECT_EQ(best.capacity(), n) << "no room beyond the vocabulary is ever needed";
      }
    }
  }
}

TEST(Candidates, AllAboveAFloorAreFoundInTheOrderOfTokens) {
  const auto logits = coarse_logits(5000, 50, 3);
  for (const float floor : {-kInf, -100.0f, 10.0f, 46.0f, 1000.0f}) {
    std::vector<int32_t> expected;
    for (size_t i = 0; i < logits.size(); ++i) {
      if (logits[i] >= floor && logits[i] > -kInf) expected.push_back(int32_t(i));
    }
    Candidates found;
    gather_above(logits, floor, found);
    EXPECT_EQ(tokens_of(found), expected);
  }
}

TEST(Candidates, SortBestSortsTheBestOnly) {
  const Candidates all = sorted_reference(coarse_logits(1000, 100, 5));
  for (const size_t k : {0u, 1u, 17u, 5000u}) {
    Candidates shuffled = all;
    Rng rng(k);
    std::shuffle(shuffled.begin(), shuffled.end(), rng);
    sort_best(shuffled, k);
    for (size_t i = 0; i < std::min(k, all.size()); ++i) EXPECT_EQ(shuffled[i].token, all[i].token);
  }
}

TEST(Candidates, OfEqualLogitsTheFirstIsBest) {
  std::vector<float> logits(5000, 1.0f);
  EXPECT_EQ(find_best(logits).token, 0);
  logits[4999] = 2;
  EXPECT_EQ(find_best(logits).token, 4999);
  logits[2048] = 2;
  EXPECT_EQ(find_best(logits).token, 2048);
}

TEST(Candidates, BrokenLogitsAreAnErrorThatNamesTheToken) {
  for (const size_t at : {0u, 15u, 16u, 1023u, 1024u, 2999u}) {
    for (const float bad : {kNan, -kNan, kInf}) {
      std::vector<float> logits(3000, 0.5f);
      logits[at] = bad;
      try {
        find_best(logits);
        ADD_FAILURE() << bad << " at " << at;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kDevice);
        EXPECT_NE(std::string(error.what()).find(cat("token ", at, " is")), std::string::npos);
      }
    }
  }
  EXPECT_THROW(find_best(std::vector<float>(100, -kInf)), Error);
  EXPECT_THROW(find_best(std::vector<float>(100, kNan)), Error);
}

}  // namespace
}  // namespace ridge::sample
