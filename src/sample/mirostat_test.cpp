#include "sample/mirostat.h"

#include <cmath>
#include <vector>

#include "sample/softmax.h"

namespace ridge::sample {
namespace {

// Zipf's law: logit = -s ln rank.
std::vector<float> zipf(size_t n, double s) {
  std::vector<float> logits(n);
  for (size_t i = 0; i < n; ++i) logits[i] = float(-s * std::log(double(i + 1)));
  return logits;
}

SamplerParams with(float tau, float eta, float temperature = 1) {
  SamplerParams params;
  params.temperature = temperature;
  params.mirostat = true;
  params.mirostat_tau = tau;
  params.mirostat_eta = eta;
  return params;
}

double surprise(const std::vector<float>& logits, int32_t token, float temperature) {
  double mass = 0;
  for (const float x : logits) mass += std::exp(double(x - logits[0]) / double(temperature));
  const double p = std::exp(double(logits[size_t(token)] - logits[0]) / double(temperature)) / mass;
  return -std::log2(p);
}

TEST(Mirostat, CutsAtMuAndMovesItByItsFormula) {
  for (const float temperature : {0.7f, 1.0f, 1.5f}) {
    const auto logits = zipf(5000, 1.1);
    Mirostat mirostat(with(4, 0.2f, temperature));
    EXPECT_EQ(mirostat.mu(), 8);
    Rng rng(5);
    Candidates scratch;
    for (int i = 0; i < 500; ++i) {
      const double mu = double(mirostat.mu());
      const int32_t token = mirostat.draw(logits, {logits[0], 0}, rng, scratch);
      const double s = surprise(logits, token, temperature);
      if (token != 0) {
        EXPECT_LE(s, mu + 1e-4);
      }
      EXPECT_NEAR(double(mirostat.mu()), mu - 0.2 * (s - 4), 1e-4);
    }
  }
}

TEST(Mirostat, MeanSurpriseGoesToTau) {
  const auto logits = zipf(3000, 1.3);
  for (const float tau : {2.5f, 3.0f, 4.0f}) {
    Mirostat mirostat(with(tau, 0.1f));
    Rng rng(6);
    Candidates scratch;
    double total = 0;
    constexpr int kDraws = 4000;
    for (int i = 0; i < kDraws; ++i) {
      total += surprise(logits, mirostat.draw(logits, {logits[0], 0}, rng, scratch), 1);
    }
    // mu is bounded, so that the errors add up to (first mu - last mu) / eta at most.
    EXPECT_NEAR(total / kDraws, double(tau), 0.1);
  }
}

TEST(Mirostat, GivesTheBestTokenWhenNothingIsUnderMu) {
  const std::vector<float> flat(1000, 0.0f);  // every surprise is 10 bits
  Mirostat mirostat(with(1, 0.1f));
  Rng rng(7);
  Candidates scratch;
  EXPECT_EQ(mirostat.draw(flat, {0.0f, 0}, rng, scratch), 0);
}

}  // namespace
}  // namespace ridge::sample
