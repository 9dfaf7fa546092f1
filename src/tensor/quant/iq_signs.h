// Signs and codebook entries of the IQ2 and IQ3 types, expanded to numbers.
#pragma once

#include <bit>
#include <cstdint>

namespace ridge::quant {

// Seven stored signs; the eighth makes the number of minuses even.
inline uint8_t even_signs(uint32_t stored) {
  stored &= 127;
  return uint8_t(stored | uint32_t(std::popcount(stored) & 1) << 7);
}

// x[k] = scale * byte k of entry, negated where bit k of signs is set. n: 4 or 8.
inline void decode_entry(uint64_t entry, uint32_t signs, float scale, int n, float* x) {
  for (int k = 0; k < n; ++k) {
    const float magnitude = scale * float(entry >> (8 * k) & 255);
    x[k] = signs >> k & 1 ? -magnitude : magnitude;
  }
}

}  // namespace ridge::quant
