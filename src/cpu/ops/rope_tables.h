// RopeTables: cosines and sines of a forward pass. Every layer turns its heads by the same angles,
// so the tables of the last few (positions, frequencies) are kept; they grow and never shrink.
// Angles are taken in double: at position 10^6 an f32 angle would be off by 0.03.
// One thread (the back end's caller) uses it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace ridge::cpu {

class RopeTables {
 public:
  // Row i: n cosines, then n sines, of positions[i] * frequencies[0 … n-1], times magnitude.
  std::span<const float> get(std::span<const int32_t> positions, std::span<const float> frequencies,
                             float magnitude);

 private:
  struct Table {
    std::vector<int32_t> positions;
    std::vector<float> frequencies;
    float magnitude = 0.0f;
    std::vector<float> values;

    bool is_for(std::span<const int32_t> wanted_positions,
                std::span<const float> wanted_frequencies, float wanted_magnitude) const;
    void fill();
  };
  std::array<Table, 3> tables_;  // no model has more rope variants in one pass
  size_t next_ = 0;
};

}  // namespace ridge::cpu
