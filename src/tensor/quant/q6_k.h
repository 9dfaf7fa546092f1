// Q6_K: x[i] = d * scale[i / 16] * (q[i] - 32), q in [0, 63], 256 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/fit.h"

namespace ridge::quant {

struct BlockQ6_K {
  static constexpr int kElements = 256;
  // Each half of 128 elements is four groups of 32, with i in [0, 32):
  uint8_t ql[128];    // byte 64 h + i: low four bits of groups 0 (low nibble) and 2 (high);
                      // byte 64 h + 32 + i: of groups 1 and 3
  uint8_t qh[64];     // byte 32 h + i: upper two bits of groups 0-3, from the lowest bits up
  int8_t scales[16];  // of 16 consecutive elements
  f16 d;
};
static_assert(sizeof(BlockQ6_K) == 210);

inline void decode(const BlockQ6_K& block, float* x) {
  const float d = to_f32(block.d);
  for (int g = 0; g < 8; ++g) {
    const uint8_t* ql = block.ql + 64 * (g / 4) + 32 * (g % 2);
    const uint8_t* qh = block.qh + 32 * (g / 4);
    const int low_shift = g % 4 < 2 ? 0 : 4;
    const int high_shift = 2 * (g % 4);
    for (int i = 0; i < 32; ++i) {
      const int q = (ql[i] >> low_shift & 15) | (qh[i] >> high_shift & 3) << 4;
      const int group = 2 * g + i / 16;
      x[32 * g + i] = d * float(block.scales[group]) * float(q - 32);
    }
  }
}

inline void encode(const float* x, BlockQ6_K& block) {
  const SymmetricFit fit = fit_symmetric(x, {.n_elements = 256,
                                             .group = 16,
                                             .scale_lo = -128,
                                             .scale_hi = 127,
                                             .levels = {.n = 64, .lowest = -32}});
  block = {.d = fit.d};
  for (int g = 0; g < 16; ++g) block.scales[g] = fit.scales[g];
  for (int i = 0; i < 256; ++i) {
    const int g = i / 32;
    uint8_t& low = block.ql[64 * (g / 4) + 32 * (g % 2) + i % 32];
    uint8_t& high = block.qh[32 * (g / 4) + i % 32];
    low = uint8_t(low | (fit.codes[i] & 15) << (g % 4 < 2 ? 0 : 4));
    high = uint8_t(high | (fit.codes[i] >> 4) << (2 * (g % 4)));
  }
}

}  // namespace ridge::quant
