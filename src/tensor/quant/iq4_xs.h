// IQ4_XS: x[i] = d * (scale[g] - 32) * level[q[i]], g = i / 32, q in [0, 15] (levels:
// levels.h), 256 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/fit.h"
#include "tensor/quant/levels.h"

namespace ridge::quant {

struct BlockIQ4_XS {
  static constexpr int kElements = 256;
  f16 d;
  uint16_t scales_h;    // bits 2 g and 2 g + 1: upper two bits of scale g
  uint8_t scales_l[4];  // low four bits; low nibble: scale 2 i, high nibble: 2 i + 1
  uint8_t qs[128];      // byte 16 g + i: element 32 g + i (low nibble) and 32 g + 16 + i (high)
};
static_assert(sizeof(BlockIQ4_XS) == 136);

inline void decode(const BlockIQ4_XS& block, float* x) {
  for (int g = 0; g < 8; ++g) {
    const int low = block.scales_l[g / 2] >> (4 * (g % 2)) & 15;
    const int high = block.scales_h >> (2 * g) & 3;
    const float scale = to_f32(block.d) * float((low | high << 4) - 32);
    for (int i = 0; i < 16; ++i) {
      const uint8_t pair = block.qs[16 * g + i];
      x[32 * g + i] = scale * float(kIq4Levels[pair & 15]);
      x[32 * g + 16 + i] = scale * float(kIq4Levels[pair >> 4]);
    }
  }
}

inline void encode(const float* x, BlockIQ4_XS& block) {
  const SymmetricFit fit =
      fit_symmetric(x, {.n_elements = 256,
                        .group = 32,
                        .scale_lo = -32,
                        .scale_hi = 31,
                        .levels = {.n = 16, .lowest = kIq4Levels[0], .table = kIq4Levels}});
  block = {.d = fit.d};
  for (int g = 0; g < 8; ++g) {
    const int scale = fit.scales[g] + 32;
    const uint8_t* codes = fit.codes + 32 * g;
    block.scales_l[g / 2] = uint8_t(block.scales_l[g / 2] | (scale & 15) << (4 * (g % 2)));
    block.scales_h = uint16_t(block.scales_h | (scale >> 4) << (2 * g));
    for (int i = 0; i < 16; ++i) block.qs[16 * g + i] = uint8_t(codes[i] | codes[16 + i] << 4);
  }
}

}  // namespace ridge::quant
