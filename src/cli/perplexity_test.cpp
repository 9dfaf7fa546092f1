#include "cli/perplexity.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ridge::cli {
namespace {

TEST(NegativeLogLikelihood, IsMinusTheLogOfTheSoftmax) {
  const std::vector<float> uniform(1000, 3.5f);
  EXPECT_NEAR(negative_log_likelihood(uniform, 7), std::log(1000.0), 1e-6);

  const std::vector<float> logits{0.0f, std::log(2.0f), std::log(5.0f)};
  EXPECT_NEAR(negative_log_likelihood(logits, 2), -std::log(5.0 / 8.0), 1e-6);
}

TEST(NegativeLogLikelihood, HugeLogitsNeitherOverflowNorVanish) {
  const std::vector<float> logits{30000.0f, 29990.0f};
  EXPECT_NEAR(negative_log_likelihood(logits, 1), 10.0 + std::log1p(std::exp(-10.0)), 1e-6);
}

TEST(NllSum, PerplexityOfEqualTokensIsTheirsAndCertain) {
  NllSum sum;
  for (int i = 0; i < 100; ++i) sum.add(std::log(20.0));
  EXPECT_NEAR(sum.perplexity(), 20.0, 1e-9);
  EXPECT_NEAR(sum.standard_error(), 0.0, 1e-5);
}

// For nats 1 and 3 in equal numbers: mean 2, variance 1 over n, so e² · sqrt(1 / (n - 1)).
TEST(NllSum, StandardErrorIsThatOfTheMeanTimesThePerplexity) {
  NllSum sum;
  for (int i = 0; i < 101; ++i) sum.add(i < 50 ? 1.0 : i < 100 ? 3.0 : 2.0);
  EXPECT_NEAR(sum.perplexity(), std::exp(2.0), 1e-9);
  EXPECT_NEAR(sum.standard_error(), std::exp(2.0) * std::sqrt(100.0 / 101.0 / 100.0), 1e-9);
}

}  // namespace
}  // namespace ridge::cli
