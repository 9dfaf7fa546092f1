// Rotary position embedding: the frequencies of a RopeSpec, on the device.
#pragma once

#include <cstdint>
#include <optional>
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
  struct Turn {
    Parameter frequencies;
    RopeParams params;
  };
  static Turn make_turn(const RopeSpec& spec, const VectorSpec& factors, WeightLoader& loader);

  Turn turn_;
  std::optional<Turn> long_turn_;  // LongRoPE: of caches for more than the original context
  int64_t original_context_ = 0;
};

}  // namespace ridge
