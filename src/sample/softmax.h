// Softmax over the vocabulary, fast enough for 262,144 tokens and the same on every run: the
// exponential is our own and the order of summing fixed. Pure functions.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "sample/candidates.h"

namespace ridge::sample {

// exp(x) for x <= 0, within 2 units in the last place; exactly 0 below -87, where the result would
// leave the normal floats. x = n ln 2 + r with |r| <= ln 2 / 2 split in two parts (Cody and Waite,
// 1980), then the Taylor series of e^r to r^7. Branch-free, so that loops over it become vector
// code.
inline float exp_nonpositive(float x) {
  constexpr float kLog2E = 1.44269504f;
  constexpr float kLn2High = 0.693359375f;  // 9 bits, so that n times it is exact
  constexpr float kLn2Low = -2.12194440e-4f;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float clamped = x < -87.0f ? -87.0f : x;
  const float shifted = clamped * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = (clamped - n * kLn2High) - n * kLn2Low;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const uint32_t exponent = std::bit_cast<uint32_t>(shifted) << 23;  // n in the exponent field
  const float scaled = std::bit_cast<float>(std::bit_cast<uint32_t>(p) + exponent);
  return x < -87.0f ? 0.0f : scaled;
}

// Sum over i of exp((logits[i] - max) * scale), where max is their maximum and scale > 0.
double sum_exp(std::span<const float> logits, float max, float scale = 1.0f);
double sum_exp(std::span<const Candidate> candidates, float max, float scale = 1.0f);

// Of the probabilities p_i = exp(x_i) / mass with x_i = logits[i] - max: mass = sum exp(x_i) and
// mean_x = sum p_i x_i. The entropy is ln mass - mean_x.
struct Moments {
  double mass = 0;
  double mean_x = 0;
};
Moments moments(std::span<const float> logits, float max);
Moments moments(std::span<const Candidate> candidates, float max);

// Index at which the running sum of exp((logits[i] - max) * scale) passes `target`, which is less
// than the whole sum; never one of weight 0.
size_t find_quantile(std::span<const float> logits, float max, float scale, double target);
size_t find_quantile(std::span<const Candidate> candidates, float max, float scale, double target);

// The largest logit among candidates, of which there is one at least.
float max_logit(std::span<const Candidate> candidates);

}  // namespace ridge::sample
