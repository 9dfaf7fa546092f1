#include "engine/guess_plan.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/rng.h"

namespace ridge {
namespace {

// A machine on which four columns of a pass cost one second together, and each further one so much.
struct World {
  double column_seconds = 0;
  std::vector<double> acceptance;  // of each request's guesses
};

struct Outcome {
  double tokens_per_second = 0;
  std::vector<double> last_taken;  // guesses of each request, mean of the last hundred passes
};

Outcome live(const World& world, int n_passes, int64_t n_offered = 8) {
  const size_t n = world.acceptance.size();
  GuessPlan plan(int64_t(n) * (1 + n_offered));
  std::vector<Acceptance> known(n);
  std::vector<GuessPlan::Request> requests(n);
  Rng random(3);
  Outcome outcome{.last_taken = std::vector<double>(n)};
  double seconds = 0, tokens = 0;
  for (int pass = 0; pass < n_passes; ++pass) {
    for (size_t i = 0; i < n; ++i) requests[i] = {&known[i], n_offered};
    plan.choose(requests);
    auto n_columns = int64_t(n);
    for (size_t i = 0; i < n; ++i) {
      const int taken = int(requests[i].n);
      EXPECT_LE(taken, n_offered);
      int accepted = 0;
      while (accepted < taken && random.uniform() < world.acceptance[i]) ++accepted;
      known[i].record(taken, accepted);
      n_columns += taken;
      tokens += 1 + accepted;
      if (pass >= n_passes - 100) outcome.last_taken[i] += taken / 100.0;
    }
    const double pass_seconds =
        1 + double(std::max<int64_t>(0, n_columns - 4)) * world.column_seconds;
    plan.record(n_columns, pass_seconds);
    seconds += pass_seconds;
  }
  outcome.tokens_per_second = tokens / seconds;
  return outcome;
}

TEST(GuessPlan, TakesAllWhereColumnsAreFreeAndGuessesRight) {
  const Outcome outcome = live({.column_seconds = 0, .acceptance = {1, 1}}, 400);
  for (const double taken : outcome.last_taken) EXPECT_GT(taken, 7);
}

TEST(GuessPlan, TakesNoneWhereGuessesAreNeverRight) {
  const Outcome outcome = live({.column_seconds = 0.3, .acceptance = {0, 0, 0, 0}}, 2000);
  EXPECT_LT(std::accumulate(outcome.last_taken.begin(), outcome.last_taken.end(), 0.0), 0.2);
  EXPECT_GT(outcome.tokens_per_second, 0.97 * 4);
}

TEST(GuessPlan, GivesTheColumnsToThoseWhoseGuessesAreRight) {
  const Outcome outcome = live({.column_seconds = 0.3, .acceptance = {0.1, 0.95}}, 2000);
  EXPECT_LT(outcome.last_taken[0], 0.3);
  EXPECT_GT(outcome.last_taken[1], 1.5);
}

// The best fixed number for each of two equal requests, by arithmetic, is not much better.
TEST(GuessPlan, ComesNearTheBestNumber) {
  for (const double acceptance : {0.3, 0.6, 0.9}) {
    for (const double column : {0.02, 0.1, 0.3}) {
      double best = 0;
      for (int n = 0; n <= 8; ++n) {
        double tokens = 1, survival = 1;
        for (int i = 0; i < n; ++i) tokens += survival *= acceptance;
        best = std::max(best, 2 * tokens / (1 + std::max(0, 2 * (1 + n) - 4) * column));
      }
      const Outcome outcome =
          live({.column_seconds = column, .acceptance = {acceptance, acceptance}}, 3000);
      EXPECT_GT(outcome.tokens_per_second, 0.9 * best) << acceptance << " " << column;
    }
  }
}

TEST(GuessPlan, NobodyGuessedAnything) {
  GuessPlan plan(8);
  const Acceptance known;
  for (int pass = 0; pass < 100; ++pass) {
    std::vector<GuessPlan::Request> requests{{&known, 0}, {&known, 0}};
    plan.choose(requests);
    EXPECT_EQ(requests[0].n + requests[1].n, 0);
    plan.record(2, 1);
  }
  plan.choose({});
}

TEST(PassCost, LiesOnLinesBetweenWhatWasMeasured) {
  PassCost cost(16);
  EXPECT_EQ(cost.seconds(1), 0);
  EXPECT_EQ(cost.seconds(16), 0);
  cost.record(2, 1.0);
  EXPECT_EQ(cost.seconds(1), 1.0);
  EXPECT_GT(cost.seconds(3), 1.0);
  cost.record(6, 2.0);
  EXPECT_DOUBLE_EQ(cost.seconds(4), 1.5);
  EXPECT_DOUBLE_EQ(cost.seconds(10), 3.0);
  EXPECT_EQ(cost.widest(), 6);
}

// A narrow pass that another program held up would look dear for ever.
TEST(PassCost, IsNeverMoreThanThatOfAWiderPass) {
  PassCost cost(8);
  cost.record(1, 1.0);
  cost.record(3, 9.0);
  cost.record(4, 1.2);
  EXPECT_DOUBLE_EQ(cost.seconds(3), 1.2);
  EXPECT_DOUBLE_EQ(cost.seconds(1), 1.0);
}

}  // namespace
}  // namespace ridge
