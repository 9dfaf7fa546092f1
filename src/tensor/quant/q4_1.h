// Q4_1: x[i] = d * q[i] + m, q in [0, 15], 32 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/codec.h"

namespace ridge::quant {

struct BlockQ4_1 {
  static constexpr int kElements = 32;
  f16 d;
  f16 m;
  uint8_t qs[16];  // low nibbles: elements 0-15, high nibbles: 16-31
};
static_assert(sizeof(BlockQ4_1) == 20);

inline void decode(const BlockQ4_1& block, float* x) {
  const float d = to_f32(block.d);
  const float m = to_f32(block.m);
  for (int i = 0; i < 16; ++i) {
    x[i] = d * float(block.qs[i] & 15) + m;
    x[i + 16] = d * float(block.qs[i] >> 4) + m;
  }
}

inline void encode(const float* x, BlockQ4_1& block) {
  const Range range = range_of(x, 32);
  const float d = (range.max - range.min) / 15.0f;
  const float inverse = reciprocal(d);
  block.d = to_f16(d);
  block.m = to_f16(range.min);
  for (int i = 0; i < 16; ++i) {
    const int low = truncate_level((x[i] - range.min) * inverse + 0.5f, 15);
    const int high = truncate_level((x[i + 16] - range.min) * inverse + 0.5f, 15);
    block.qs[i] = uint8_t(low | high << 4);
  }
}

}  // namespace ridge::quant
