// Rotary position embedding: the frequencies of a RopeSpec, on the device.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/step.h"
#include "model/weights.h"

namespace ridge {

// Angle of pair i at position p is p * frequency[i]; cos and sin are scaled by magnitude.
struct RopeFrequencies {
  std::vector<float> frequency;  // [n_rotated / 2]
  float magnitude = 1.0f;
};
// factors: divisors per frequency, [n_rotated / 2], or empty.
RopeFrequencies rope_frequencies(const RopeSpec& spec, std::span<const float> factors);

class Rope {
 public:
  Rope(const RopeSpec& spec, WeightLoader& loader);
  // x: [n, heads, dim], in place.
  void forward(Step& step, const Tensor& x) const;

 private:
  Parameter frequencies_;
  RopeParams params_;
};

}  // namespace ridge
