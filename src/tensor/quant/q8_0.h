// Q8_0: x[i] = d * q[i], q in [-127, 127], 32 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/codec.h"

namespace ridge::quant {

struct BlockQ8_0 {
  static constexpr int kElements = 32;
  f16 d;
  int8_t qs[32];
};
static_assert(sizeof(BlockQ8_0) == 34);

inline void decode(const BlockQ8_0& block, float* x) {
  const float d = to_f32(block.d);
  for (int i = 0; i < 32; ++i) x[i] = d * float(block.qs[i]);
}

inline void encode(const float* x, BlockQ8_0& block) {
  const float d = max_magnitude(x, 32) / 127.0f;
  const float inverse = reciprocal(d);
  block.d = to_f16(d);
  for (int i = 0; i < 32; ++i) block.qs[i] = int8_t(round_level(x[i] * inverse, -127, 127));
}

}  // namespace ridge::quant
