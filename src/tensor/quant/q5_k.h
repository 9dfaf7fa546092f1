// Q5_K: x[i] = d * scale[g] * q[i] - dmin * min[g], g = i / 32, q in [0, 31], 256 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/fit.h"
#include "tensor/quant/scale_min.h"

namespace ridge::quant {

struct BlockQ5_K {
  static constexpr int kElements = 256;
  f16 d;
  f16 dmin;
  uint8_t scales[12];  // see scale_min.h
  uint8_t qh[32];      // fifth bits: bit g of byte i is element 32 g + i
  uint8_t qs[128];     // byte 32 p + i: element 64 p + i (low nibble) and 64 p + 32 + i (high)
};
static_assert(sizeof(BlockQ5_K) == 176);

inline void decode(const BlockQ5_K& block, float* x) {
  for (int g = 0; g < 8; ++g) {
    const ScaleMin packed = unpack_scale_min(block.scales, g);
    const float scale = to_f32(block.d) * float(packed.scale);
    const float min = to_f32(block.dmin) * float(packed.min);
    const uint8_t* qs = block.qs + 32 * (g / 2);
    const int shift = 4 * (g % 2);
    for (int i = 0; i < 32; ++i) {
      const int q = (qs[i] >> shift & 15) | (block.qh[i] >> g & 1) << 4;
      x[32 * g + i] = scale * float(q) - min;
    }
  }
}

inline void encode(const float* x, BlockQ5_K& block) {
  const AffineFit fit = fit_affine(x, {.group = 32, .max_scale = 63, .max_code = 31});
  block = {.d = fit.d, .dmin = fit.dmin};
  pack_scale_min(fit.groups, block.scales);
  for (int i = 0; i < 256; ++i) {
    uint8_t& low = block.qs[32 * (i / 64) + i % 32];
    uint8_t& high = block.qh[i % 32];
    low = uint8_t(low | (fit.codes[i] & 15) << (4 * (i / 32 % 2)));
    high = uint8_t(high | (fit.codes[i] >> 4) << (i / 32));
  }
}

}  // namespace ridge::quant
