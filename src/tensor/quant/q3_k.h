// Q3_K: x[i] = d * (scale[g] - 32) * (q[i] - 4), g = i / 16, q in [0, 7], 256 elements.
#pragma once

#include <cstdint>

#include "base/half.h"

namespace ridge::quant {

struct BlockQ3_K {
  static constexpr int kElements = 256;
  uint8_t hmask[32];   // third bits: bit j of byte i is element 32 j + i
  uint8_t qs[64];      // byte 32 h + i: elements 128 h + {0, 32, 64, 96} + i, lowest bits first
  uint8_t scales[12];  // bytes 0-7: low four bits of group i (low nibble) and i + 8 (high);
                       // bytes 8-11: upper two bits of groups i, i + 4, i + 8, i + 12
  f16 d;
};
static_assert(sizeof(BlockQ3_K) == 110);

inline void decode(const BlockQ3_K& block, float* x) {
  for (int g = 0; g < 16; ++g) {
    const int low = block.scales[g % 8] >> (4 * (g / 8)) & 15;
    const int high = block.scales[8 + g % 4] >> (2 * (g / 4)) & 3;
    const float scale = to_f32(block.d) * float((low | high << 4) - 32);
    const uint8_t* qs = block.qs + 32 * (g / 8) + 16 * (g % 2);
    const uint8_t* hmask = block.hmask + 16 * (g % 2);
    for (int i = 0; i < 16; ++i) {
      const int q = (qs[i] >> (2 * (g / 2 % 4)) & 3) | (hmask[i] >> (g / 2) & 1) << 2;
      x[16 * g + i] = scale * float(q - 4);
    }
  }
}

}  // namespace ridge::quant
