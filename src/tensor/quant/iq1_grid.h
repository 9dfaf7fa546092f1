// Codebook entries of the IQ1 types, expanded to numbers.
#pragma once

#include <cstdint>

#include "tensor/quant/iq_grids.h"

namespace ridge::quant {

constexpr float kIq1Delta = 0.125f;

// x[k] = scale * (grid[index][k] + delta) for eight elements.
inline void decode_iq1_entry(int index, float delta, float scale, float* x) {
  const uint64_t entry = kIq1Grid[index];
  for (int k = 0; k < 8; ++k) x[k] = scale * (float(int8_t(entry >> (8 * k) & 255)) + delta);
}

}  // namespace ridge::quant
