// Q5_1: x[i] = d * q[i] + m, q in [0, 31], 32 elements.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/codec.h"

namespace ridge::quant {

struct BlockQ5_1 {
  static constexpr int kElements = 32;
  f16 d;
  f16 m;
  uint8_t qh[4];   // fifth bits: element i is bit i % 8 of byte i / 8
  uint8_t qs[16];  // low four bits; low nibbles: elements 0-15, high nibbles: 16-31
};
static_assert(sizeof(BlockQ5_1) == 24);

inline void decode(const BlockQ5_1& block, float* x) {
  const float d = to_f32(block.d);
  const float m = to_f32(block.m);
  for (int i = 0; i < 32; ++i) {
    const int low = i < 16 ? block.qs[i] & 15 : block.qs[i - 16] >> 4;
    const int high = block.qh[i / 8] >> (i % 8) & 1;
    x[i] = d * float(low | high << 4) + m;
  }
}

inline void encode(const float* x, BlockQ5_1& block) {
  const Range range = range_of(x, 32);
  const float d = (range.max - range.min) / 31.0f;
  const float inverse = reciprocal(d);
  block = {.d = to_f16(d), .m = to_f16(range.min)};
  for (int i = 0; i < 32; ++i) {
    const int q = truncate_level((x[i] - range.min) * inverse + 0.5f, 31);
    block.qs[i % 16] = uint8_t(block.qs[i % 16] | (q & 15) << (i < 16 ? 0 : 4));
    block.qh[i / 8] = uint8_t(block.qh[i / 8] | (q >> 4) << (i % 8));
  }
}

}  // namespace ridge::quant
