// Q4_0: x[i] = d * (q[i] - 8), q in [0, 15], 32 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/codec.h"

namespace ridge::quant {

struct BlockQ4_0 {
  static constexpr int kElements = 32;
  f16 d;
  uint8_t qs[16];  // low nibbles: elements 0-15, high nibbles: 16-31
};
static_assert(sizeof(BlockQ4_0) == 18);

inline void decode(const BlockQ4_0& block, float* x) {
  const float d = to_f32(block.d);
  for (int i = 0; i < 16; ++i) {
    x[i] = d * float((block.qs[i] & 15) - 8);
    x[i + 16] = d * float((block.qs[i] >> 4) - 8);
  }
}

// The element of largest magnitude becomes -8.
inline void encode(const float* x, BlockQ4_0& block) {
  const float d = signed_max_magnitude(x, 32) / -8.0f;
  const float inverse = reciprocal(d);
  block.d = to_f16(d);
  for (int i = 0; i < 16; ++i) {
    const int low = truncate_level(x[i] * inverse + 8.5f, 15);
    const int high = truncate_level(x[i + 16] * inverse + 8.5f, 15);
    block.qs[i] = uint8_t(low | high << 4);
  }
}

}  // namespace ridge::quant
