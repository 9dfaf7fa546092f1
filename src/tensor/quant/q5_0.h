// Q5_0: x[i] = d * (q[i] - 16), q in [0, 31], 32 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/codec.h"

namespace ridge::quant {

struct BlockQ5_0 {
  static constexpr int kElements = 32;
  f16 d;
  uint8_t qh[4];   // fifth bits: element i is bit i % 8 of byte i / 8
  uint8_t qs[16];  // low four bits; low nibbles: elements 0-15, high nibbles: 16-31
};
static_assert(sizeof(BlockQ5_0) == 22);

inline void decode(const BlockQ5_0& block, float* x) {
  const float d = to_f32(block.d);
  for (int i = 0; i < 32; ++i) {
    const int low = i < 16 ? block.qs[i] & 15 : block.qs[i - 16] >> 4;
    const int high = block.qh[i / 8] >> (i % 8) & 1;
    x[i] = d * float((low | high << 4) - 16);
  }
}

// The element of largest magnitude becomes -16.
inline void encode(const float* x, BlockQ5_0& block) {
  const float d = signed_max_magnitude(x, 32) / -16.0f;
  const float inverse = reciprocal(d);
  block = {.d = to_f16(d)};
  for (int i = 0; i < 32; ++i) {
    const int q = truncate_level(x[i] * inverse + 16.5f, 31);
    block.qs[i % 16] = uint8_t(block.qs[i % 16] | (q & 15) << (i < 16 ? 0 : 4));
    block.qh[i / 8] = uint8_t(block.qh[i / 8] | (q >> 4) << (i % 8));
  }
}

}  // namespace ridge::quant
