// TQ2_0: x[i] = d * (q[i] - 1), q in {0, 1, 2}, 256 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/codec.h"

namespace ridge::quant {

struct BlockTQ2_0 {
  static constexpr int kElements = 256;
  uint8_t qs[64];  // byte 32 h + i: elements 128 h + {0, 32, 64, 96} + i, lowest bits first
  f16 d;
};
static_assert(sizeof(BlockTQ2_0) == 66);

inline void decode(const BlockTQ2_0& block, float* x) {
  const float d = to_f32(block.d);
  for (int i = 0; i < 256; ++i) {
    const int q = block.qs[32 * (i / 128) + i % 32] >> (2 * (i / 32 % 4)) & 3;
    x[i] = d * float(q - 1);
  }
}

inline void encode(const float* x, BlockTQ2_0& block) {
  const float d = max_magnitude(x, 256);
  const float inverse = reciprocal(d);
  block = {.d = to_f16(d)};
  for (int i = 0; i < 256; ++i) {
    const int q = round_level(x[i] * inverse, -1, 1) + 1;
    uint8_t& byte = block.qs[32 * (i / 128) + i % 32];
    byte = uint8_t(byte | q << (2 * (i / 32 % 4)));
  }
}

}  // namespace ridge::quant
