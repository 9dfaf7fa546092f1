// Q4_K: x[i] = d * scale[g] * q[i] - dmin * min[g], g = i / 32, q in [0, 15], 256 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/fit.h"
#include "tensor/quant/scale_min.h"

namespace ridge::quant {

struct BlockQ4_K {
  static constexpr int kElements = 256;
  f16 d;
  f16 dmin;
  uint8_t scales[12];  // see scale_min.h
  uint8_t qs[128];     // byte 32 p + i: element 64 p + i (low nibble) and 64 p + 32 + i (high)
};
static_assert(sizeof(BlockQ4_K) == 144);

inline void decode(const BlockQ4_K& block, float* x) {
  for (int g = 0; g < 8; ++g) {
    const ScaleMin packed = unpack_scale_min(block.scales, g);
    const float scale = to_f32(block.d) * float(packed.scale);
    const float min = to_f32(block.dmin) * float(packed.min);
    const uint8_t* qs = block.qs + 32 * (g / 2);
    const int shift = 4 * (g % 2);
    for (int i = 0; i < 32; ++i) x[32 * g + i] = scale * float(qs[i] >> shift & 15) - min;
  }
}

inline void encode(const float* x, BlockQ4_K& block) {
  const AffineFit fit = fit_affine(x, {.group = 32, .max_scale = 63, .max_code = 15});
  block = {.d = fit.d, .dmin = fit.dmin};
  pack_scale_min(fit.groups, block.scales);
  for (int i = 0; i < 256; ++i) {
    uint8_t& byte = block.qs[32 * (i / 64) + i % 32];
    byte = uint8_t(byte | fit.codes[i] << (4 * (i / 32 % 2)));
  }
}

}  // namespace ridge::quant
