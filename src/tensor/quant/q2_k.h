// Q2_K: x[i] = d * scale[g] * q[i] - dmin * min[g], g = i / 16, q in [0, 3], 256 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/fit.h"

namespace ridge::quant {

struct BlockQ2_K {
  static constexpr int kElements = 256;
  uint8_t scales[16];  // of a group: scale (low nibble), min (high)
  uint8_t qs[64];      // byte 32 h + i: elements 128 h + {0, 32, 64, 96} + i, lowest bits first
  f16 d;
  f16 dmin;
};
static_assert(sizeof(BlockQ2_K) == 84);

inline void decode(const BlockQ2_K& block, float* x) {
  for (int g = 0; g < 16; ++g) {
    const float scale = to_f32(block.d) * float(block.scales[g] & 15);
    const float min = to_f32(block.dmin) * float(block.scales[g] >> 4);
    const uint8_t* qs = block.qs + 32 * (g / 8) + 16 * (g % 2);
    const int shift = 2 * (g / 2 % 4);
    for (int i = 0; i < 16; ++i) x[16 * g + i] = scale * float(qs[i] >> shift & 3) - min;
  }
}

inline void encode(const float* x, BlockQ2_K& block) {
  const AffineFit fit = fit_affine(x, {.group = 16, .max_scale = 15, .max_code = 3});
  block = {.d = fit.d, .dmin = fit.dmin};
  for (int g = 0; g < 16; ++g) {
    block.scales[g] = uint8_t(fit.groups[g].scale | fit.groups[g].min << 4);
  }
  for (int i = 0; i < 256; ++i) {
    uint8_t& byte = block.qs[32 * (i / 128) + i % 32];
    byte = uint8_t(byte | fit.codes[i] << (2 * (i / 32 % 4)));
  }
}

}  // namespace ridge::quant
