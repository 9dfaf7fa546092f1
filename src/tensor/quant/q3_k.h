// Q3_K: x[i] = d * (scale[g] - 32) * (q[i] - 4), g = i / 16, q in [0, 7], 256 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/fit.h"

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

inline void encode(const float* x, BlockQ3_K& block) {
  const SymmetricFit fit = fit_symmetric(x, {.n_elements = 256,
                                             .group = 16,
                                             .scale_lo = -32,
                                             .scale_hi = 31,
                                             .levels = {.n = 8, .lowest = -4}});
  block = {.d = fit.d};
  for (int g = 0; g < 16; ++g) {
    const int scale = fit.scales[g] + 32;
    uint8_t& low = block.scales[g % 8];
    uint8_t& high = block.scales[8 + g % 4];
    low = uint8_t(low | (scale & 15) << (4 * (g / 8)));
    high = uint8_t(high | (scale >> 4) << (2 * (g / 4)));
  }
  for (int i = 0; i < 256; ++i) {
    uint8_t& low = block.qs[32 * (i / 128) + i % 32];
    uint8_t& high = block.hmask[i % 32];
    low = uint8_t(low | (fit.codes[i] & 3) << (2 * (i / 32 % 4)));
    high = uint8_t(high | (fit.codes[i] >> 2) << (i / 32));
  }
}

}  // namespace ridge::quant
