#include "sample/softmax.h"

#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.h"

namespace ridge::sample {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

std::vector<float> random_logits(size_t n, float spread, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> logits(n);
  for (float& logit : logits) logit = spread * float(rng.uniform() - 0.5);
  return logits;
}

std::vector<Candidate> as_candidates(std::span<const float> logits) {
  std::vector<Candidate> all;
  for (const float logit : logits) all.push_back({logit, int32_t(all.size())});
  return all;
}

float max_of(std::span<const float> logits) {
  return *std::max_element(logits.begin(), logits.end());
}

TEST(Softmax, ExpIsWithinTwoUnitsInTheLastPlace) {
  Rng rng(1);
  for (int i = 0; i < 200000; ++i) {
    const float x = -87.0f * float(rng.uniform());
    const double exact = std::exp(double(x));
    EXPECT_LE(std::abs(double(exp_nonpositive(x)) - exact), 2 * 0x1p-23 * exact) << x;
  }
  EXPECT_EQ(exp_nonpositive(0.0f), 1.0f);
  EXPECT_EQ(exp_nonpositive(-88.0f), 0.0f);
  EXPECT_EQ(exp_nonpositive(-kInf), 0.0f);
}

TEST(Softmax, SumsMatchDoublePrecisionAtAnyLength) {
  for (const size_t n : {1u, 15u, 16u, 17u, 1023u, 1024u, 1025u, 50001u}) {
    auto logits = random_logits(n, 20, n);
    if (n > 2) logits[n / 2] = -kInf;
    const float max = max_of(logits);
    const float scale = 0.7f;
    double scaled = 0;
    double mass = 0;
    double weighted = 0;
    for (const float logit : logits) {
      scaled += std::exp(double(logit - max) * double(scale));
      mass += std::exp(double(logit - max));
      if (logit > -kInf) weighted += std::exp(double(logit - max)) * double(logit - max);
    }
    // Rounding of x to float moves exp(x) by up to 20 * 2^-24; sums of 64 floats by 64 * 2^-24.
    const double tolerance = 100 * 0x1p-24;
    const auto candidates = as_candidates(logits);
    EXPECT_NEAR(sum_exp(logits, max, scale), scaled, tolerance * scaled);
    EXPECT_NEAR(sum_exp(candidates, max, scale), scaled, tolerance * scaled);
    for (const Moments& m : {moments(logits, max), moments(candidates, max)}) {
      EXPECT_NEAR(m.mass, mass, tolerance * mass);
      EXPECT_NEAR(m.mean_x, weighted / mass, 2 * tolerance * 20);
    }
  }
}

TEST(Softmax, QuantileIsWhereTheRunningSumPasses) {
  for (const size_t n : {1u, 40u, 1024u, 5000u}) {
    auto logits = random_logits(n, 10, n);
    const float max = max_of(logits);
    const double mass = sum_exp(logits, max);
    Rng rng(n);
    for (int i = 0; i < 200; ++i) {
      const double target = rng.uniform() * mass;
      const size_t at = find_quantile(logits, max, 1.0f, target);
      EXPECT_EQ(find_quantile(as_candidates(logits), max, 1.0f, target), at);
      double before = 0;
      for (size_t j = 0; j < at; ++j) before += double(exp_nonpositive(logits[j] - max));
      const double slack = 1e-6 * mass;
      EXPECT_LE(before, target + slack);
      EXPECT_GE(before + double(exp_nonpositive(logits[at] - max)), target - slack);
    }
  }
}

TEST(Softmax, QuantileNeverGivesATokenOfNoWeight) {
  std::vector<float> logits(3000, -kInf);
  logits[1500] = 2;
  logits[2500] = 2;
  EXPECT_EQ(find_quantile(logits, 2, 1, 0.0), 1500u);
  EXPECT_EQ(find_quantile(logits, 2, 1, std::nextafter(1.0, 0.0)), 1500u);
  EXPECT_EQ(find_quantile(logits, 2, 1, 1.0), 2500u);
  EXPECT_EQ(find_quantile(logits, 2, 1, std::nextafter(2.0, 0.0)), 2500u);
  EXPECT_EQ(find_quantile(logits, 2, 1, 2.0), 2500u) << "rounding may ask for the whole sum";
}

}  // namespace
}  // namespace ridge::sample
