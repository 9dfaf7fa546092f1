#include "sample/penalties.h"

#include <cmath>
#include <limits>
#include <map>

#include "base/rng.h"
#include "sample/dry.h"

namespace ridge::sample {
namespace {

TEST(Penalties, FollowTheirFormulas) {
  SamplerParams params;
  params.repetition_penalty = 2.0f;
  params.presence_penalty = 0.25f;
  params.frequency_penalty = 0.5f;
  Penalties penalties(params, 5);
  const std::vector<int32_t> recent = {1, 2, 1, 1};
  for (int round = 0; round < 2; ++round) {  // nothing is left over from a call
    std::vector<float> logits = {4, 4, -4, 4, -std::numeric_limits<float>::infinity()};
    penalties.apply(recent, logits);
    EXPECT_EQ(logits[0], 4);
    EXPECT_EQ(logits[1], 4 / 2.0f - 3 * 0.5f - 0.25f);
    EXPECT_EQ(logits[2], -4 * 2.0f - 0.5f - 0.25f);
    EXPECT_EQ(logits[3], 4);
  }
}

TEST(Penalties, AreOffWhenTheyChangeNothing) {
  SamplerParams params;
  EXPECT_FALSE(Penalties(params, 5).is_on());
  params.presence_penalty = 1;
  EXPECT_TRUE(Penalties(params, 5).is_on());
  params.penalty_last_n = 0;
  EXPECT_FALSE(Penalties(params, 5).is_on());
}

SamplerParams dry_params() {
  SamplerParams params;
  params.dry_multiplier = 1;
  params.dry_base = 2;
  params.dry_allowed_length = 2;
  return params;
}

std::map<int32_t, float> dry_penalties(const SamplerParams& params,
                                       const std::vector<int32_t>& recent) {
  Dry dry(params, 10);
  std::map<int32_t, float> penalties;
  for (int round = 0; round < 2; ++round) {
    penalties.clear();
    std::vector<float> logits(10, 0.0f);
    dry.apply(recent, logits);
    for (int32_t t = 0; t < 10; ++t) {
      if (logits[size_t(t)] != 0) penalties[t] = -logits[size_t(t)];
    }
  }
  return penalties;
}

using Map = std::map<int32_t, float>;

TEST(Dry, PenalisesWhatWouldGoOnARepetition) {
  const auto params = dry_params();
  EXPECT_EQ(dry_penalties(params, {}), Map{});
  EXPECT_EQ(dry_penalties(params, {1}), Map{});
  EXPECT_EQ(dry_penalties(params, {1, 2, 3, 1}), Map{}) << "one token is within the allowed length";
  EXPECT_EQ(dry_penalties(params, {1, 2, 3, 1, 2}), (Map{{3, 1}}));
  EXPECT_EQ(dry_penalties(params, {1, 2, 3, 4, 1, 2, 3}), (Map{{4, 2}}));
  EXPECT_EQ(dry_penalties(params, {1, 2, 5, 1, 2, 6, 1, 2}), (Map{{5, 1}, {6, 1}}));
  EXPECT_EQ(dry_penalties(params, {4, 1, 2, 5, 3, 1, 2, 5, 4, 1, 2}), (Map{{5, 2}}))
      << "the longest match of a token counts";
  EXPECT_EQ(dry_penalties(params, {7, 7, 7, 7}), (Map{{7, 2}})) << "matches may overlap";
}

TEST(Dry, BreakersEndAMatch) {
  auto params = dry_params();
  params.dry_breakers = {{9}};
  EXPECT_EQ(dry_penalties(params, {1, 9, 2, 3, 5, 1, 9, 2, 3}), (Map{{5, 1}}));
  EXPECT_EQ(dry_penalties(params, {1, 2, 9, 1, 2}), Map{}) << "a breaker itself is free";
  EXPECT_EQ(dry_penalties(params, {1, 2, 9, 4, 1, 2, 9}), Map{});
  params.dry_breakers = {{8, 9}};
  EXPECT_EQ(dry_penalties(params, {8, 9, 2, 3, 5, 8, 9, 2, 3}), (Map{{5, 1}}));
  EXPECT_EQ(dry_penalties(params, {1, 8, 9, 4, 1, 8}), Map{}) << "9 would complete the breaker";
  EXPECT_EQ(dry_penalties(params, {1, 9, 4, 1, 9}), (Map{{4, 1}})) << "half a breaker is none";
}

// The definition, position by position.
Map dry_by_definition(const SamplerParams& params, const std::vector<int32_t>& recent) {
  const auto n = int(recent.size());
  int limit = n;
  for (int end = 1; end <= n; ++end) {
    if (recent[size_t(end - 1)] == params.dry_breakers[0][0]) limit = n - end;
  }
  std::map<int32_t, int> longest;
  for (int i = 0; i + 1 < n; ++i) {
    int length = 0;
    while (length <= i && length < limit &&
           recent[size_t(i - length)] == recent[size_t(n - 1 - length)]) {
      ++length;
    }
    const int32_t next = recent[size_t(i + 1)];
    if (length > 0 && next != params.dry_breakers[0][0])
      longest[next] = std::max(longest[next], length);
  }
  Map penalties;
  for (const auto& [token, length] : longest) {
    if (length >= params.dry_allowed_length) {
      penalties[token] =
          params.dry_multiplier *
          std::min(std::pow(params.dry_base, float(length - params.dry_allowed_length)), 1e30f);
    }
  }
  return penalties;
}

TEST(Dry, EqualsItsDefinitionOnRandomHistories) {
  auto params = dry_params();
  params.dry_breakers = {{0}};
  Rng rng(9);
  for (int i = 0; i < 2000; ++i) {
    const uint64_t n_tokens = 2 + rng.below(3);
    std::vector<int32_t> recent(rng.below(40));
    for (int32_t& token : recent) token = int32_t(rng.below(n_tokens) + (rng.below(15) != 0));
    params.dry_allowed_length = int(rng.below(4));
    EXPECT_EQ(dry_penalties(params, recent), dry_by_definition(params, recent)) << i;
  }
}

TEST(Dry, LongMatchesStayFinite) {
  auto params = dry_params();
  params.dry_base = 100;
  const auto penalties = dry_penalties(params, std::vector<int32_t>(5000, 3));
  ASSERT_EQ(penalties.size(), 1u);
  EXPECT_EQ(penalties.at(3), 1e30f);
}

}  // namespace
}  // namespace ridge::sample
