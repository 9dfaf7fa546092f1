// IQ4_NL: x[i] = d * level[q[i]], q in [0, 15] (levels: levels.h), 32 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/fit.h"
#include "tensor/quant/levels.h"

namespace ridge::quant {

struct BlockIQ4_NL {
  static constexpr int kElements = 32;
  f16 d;
  uint8_t qs[16];  // low nibbles: elements 0-15, high nibbles: 16-31
};
static_assert(sizeof(BlockIQ4_NL) == 18);

inline void decode(const BlockIQ4_NL& block, float* x) {
  const float d = to_f32(block.d);
  for (int i = 0; i < 16; ++i) {
    x[i] = d * float(kIq4Levels[block.qs[i] & 15]);
    x[i + 16] = d * float(kIq4Levels[block.qs[i] >> 4]);
  }
}

inline void encode(const float* x, BlockIQ4_NL& block) {
  // One group of scale 1: what the search finds is d.
  const SymmetricFit fit =
      fit_symmetric(x, {.n_elements = 32,
                        .group = 32,
                        .scale_lo = 1,
                        .scale_hi = 1,
                        .levels = {.n = 16, .lowest = kIq4Levels[0], .table = kIq4Levels}});
  block.d = fit.d;
  for (int i = 0; i < 16; ++i) block.qs[i] = uint8_t(fit.codes[i] | fit.codes[i + 16] << 4);
}

}  // namespace ridge::quant
