#include "engine/draft_length.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace ridge {
namespace {

// A machine on which the first column of a pass takes one second.
struct World {
  double draft_seconds = 0;   // a token
  double column_seconds = 0;  // each further one
  double acceptance = 1;
};

struct Outcome {
  double tokens_per_second = 0;
  double last_lengths = 0;  // mean of the last hundred steps
  int n_drafting = 0;       // steps
};

Outcome live(DraftLength& length, const World& world, int n_steps) {
  Rng random(3);
  double seconds = 0, tokens = 0, lengths = 0;
  Outcome outcome;
  for (int i = 0; i < n_steps; ++i) {
    const int n = length.next();
    int accepted = 0;
    while (accepted < n && random.uniform() < world.acceptance) ++accepted;
    const DraftLength::Step step{.n_drafted = n,
                                 .n_accepted = accepted,
                                 .draft_seconds = n * world.draft_seconds,
                                 .pass_seconds = 1 + n * world.column_seconds};
    length.record(step);
    seconds += step.draft_seconds + step.pass_seconds;
    tokens += 1 + accepted;
    outcome.n_drafting += n > 0;
    if (i >= n_steps - 100) lengths += n;
  }
  outcome.tokens_per_second = tokens / seconds;
  outcome.last_lengths = lengths / 100;
  return outcome;
}

// Tokens a second with drafts of n, by arithmetic.
double rate(const World& world, int n) {
  double tokens = 1, survival = 1;
  for (int i = 0; i < n; ++i) tokens += survival *= world.acceptance;
  return tokens / (1 + n * (world.draft_seconds + world.column_seconds));
}

TEST(DraftLength, GoesToTheMostWhereDraftsAreFreeAndRight) {
  for (const int most : {1, 4, 15}) {
    DraftLength length(most);
    EXPECT_GT(live(length, {}, 400).last_lengths, 0.9 * most - 0.2);
  }
}

TEST(DraftLength, StopsWhereDraftsAreNeverRightAndLooksEverMoreSeldom) {
  DraftLength length(8);
  const Outcome outcome =
      live(length, {.draft_seconds = 0.2, .column_seconds = 0.1, .acceptance = 0}, 2000);
  EXPECT_LT(outcome.n_drafting, 40);
  EXPECT_GT(outcome.tokens_per_second, 0.98);
}

TEST(DraftLength, StopsWhereColumnsCostWhatTheyBring) {
  DraftLength length(8);
  const Outcome outcome =
      live(length, {.draft_seconds = 0.3, .column_seconds = 0.8, .acceptance = 0.9}, 2000);
  EXPECT_LT(outcome.n_drafting, 40);
}

TEST(DraftLength, ComesNearTheBestFixedLength) {
  for (const World& world : {World{0.05, 0.05, 0.8}, World{0.3, 0.05, 0.8}, World{0.02, 0.3, 0.9},
                             World{0.0, 0.02, 0.5}, World{0.4, 0.1, 0.95}}) {
    double best = 0;
    for (int n = 0; n <= 15; ++n) best = std::max(best, rate(world, n));
    DraftLength length(15);
    EXPECT_GT(live(length, world, 3000).tokens_per_second, 0.93 * best)
        << world.draft_seconds << " " << world.column_seconds << " " << world.acceptance;
  }
}

TEST(DraftLength, ANewRequestTriesAgainAtOnceAndAWorldThatChangedIsSeen) {
  DraftLength length(4);
  live(length, {.draft_seconds = 0.2, .column_seconds = 0.1, .acceptance = 0}, 1000);
  length.begin();
  EXPECT_GT(length.next(), 0);
  EXPECT_GT(live(length, {.draft_seconds = 0.1, .column_seconds = 0.1}, 2000).last_lengths, 3);
}

TEST(DraftLength, KnowsWhatAPlainPassCosts) {
  DraftLength length(4);
  EXPECT_EQ(length.plain_seconds(), 0);
  live(length, {.draft_seconds = 0.1, .column_seconds = 0.1, .acceptance = 0.9}, 200);
  EXPECT_DOUBLE_EQ(length.plain_seconds(), 1);
  EXPECT_GE(length.n_plain(), 3);
}

}  // namespace
}  // namespace ridge
