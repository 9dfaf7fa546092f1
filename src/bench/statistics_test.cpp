#include "bench/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"

namespace ridge {
namespace {

// Expected by R 4.2: quantile(x), mad(x, constant = 1), sd(x).
TEST(Statistics, SummaryAgreesWithR) {
  const Summary s = summarise(std::vector<double>{12, 7, 3, 4, 9});
  EXPECT_EQ(s.n, 5u);
  EXPECT_DOUBLE_EQ(s.mean, 7);
  EXPECT_DOUBLE_EQ(s.deviation, std::sqrt((25 + 0 + 16 + 9 + 4) / 4.0));
  EXPECT_DOUBLE_EQ(s.median, 7);
  EXPECT_DOUBLE_EQ(s.mad, 3);
  EXPECT_DOUBLE_EQ(s.q1, 4);
  EXPECT_DOUBLE_EQ(s.q3, 9);
  EXPECT_DOUBLE_EQ(s.min, 3);
  EXPECT_DOUBLE_EQ(s.max, 12);
  const Summary even = summarise(std::vector<double>{1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(even.median, 2.5);
  EXPECT_DOUBLE_EQ(even.q1, 1.75);
  EXPECT_DOUBLE_EQ(even.q3, 3.25);
}

TEST(Statistics, NoneAndOneValueHaveNoSpread) {
  EXPECT_EQ(summarise({}).median, 0);
  const Summary one = summarise(std::vector<double>{5});
  EXPECT_EQ(one.median, 5);
  EXPECT_EQ(one.deviation, 0);
  EXPECT_EQ(one.relative_spread(), 0);
}

TEST(Statistics, OneDisturbedRunMovesTheMeanAndNotTheMedian) {
  const Summary s = summarise(std::vector<double>{100, 101, 99, 100, 20});
  EXPECT_EQ(s.median, 100);
  EXPECT_LT(s.mean, 85);
  EXPECT_LE(s.mad, 1);
}

TEST(CompareRates, EqualSamplesAreNoDifference) {
  const std::vector<double> rates{10, 11, 12, 10.5, 11.5};
  const RatioInterval r = compare_rates(rates, rates);
  EXPECT_DOUBLE_EQ(r.ratio, 1);
  EXPECT_TRUE(r.known);
  EXPECT_FALSE(r.shows_faster());
  EXPECT_FALSE(r.shows_slower());
}

TEST(CompareRates, SwappingTheSidesInvertsTheInterval) {
  const std::vector<double> a{10, 10.1, 9.9};
  const std::vector<double> b{12, 12.2, 11.9};
  const RatioInterval up = compare_rates(a, b);
  const RatioInterval down = compare_rates(b, a);
  EXPECT_TRUE(up.shows_faster());
  EXPECT_TRUE(down.shows_slower());
  EXPECT_NEAR(up.ratio * down.ratio, 1, 1e-12);
  // All resampled medians lie within the samples.
  EXPECT_GE(up.low, 11.9 / 10.1);
  EXPECT_LE(up.high, 12.2 / 9.9);
}

TEST(CompareRates, TwoSamplesGiveARatioAndNoInterval) {
  const RatioInterval r = compare_rates(std::vector<double>{1, 1}, std::vector<double>{2, 2, 2});
  EXPECT_DOUBLE_EQ(r.ratio, 2);
  EXPECT_FALSE(r.known);
  EXPECT_FALSE(r.shows_faster());
}

// A 95 % interval misses the truth in about 5 % of experiments; the percentile bootstrap of a
// median over 15 values is a little narrow. 60 experiments: standard error 3 points.
TEST(CompareRates, TheIntervalCoversTheTrueRatioAboutAsOftenAsItSays) {
  Rng rng(7);
  const auto noisy = [&](double rate) {
    std::vector<double> rates;
    for (int i = 0; i < 15; ++i) rates.push_back(rate * (1 + 0.1 * (rng.uniform() - 0.5)));
    return rates;
  };
  int covered = 0;
  constexpr int kExperiments = 60;
  for (int i = 0; i < kExperiments; ++i) {
    const RatioInterval r = compare_rates(noisy(100), noisy(130));
    covered += r.low <= 1.3 && 1.3 <= r.high;
  }
  EXPECT_GE(covered, kExperiments * 85 / 100);
}

}  // namespace
}  // namespace ridge
