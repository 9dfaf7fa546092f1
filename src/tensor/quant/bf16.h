// BF16: the upper half of an IEEE 754 binary32.
#pragma once

#include "base/half.h"

namespace ridge::quant {

struct BlockBF16 {
  static constexpr int kElements = 1;
  bf16 x;
};
static_assert(sizeof(BlockBF16) == 2);

inline void decode(const BlockBF16& block, float* x) {
  *x = to_f32(block.x);
}
inline void encode(const float* x, BlockBF16& block) {
  block.x = to_bf16(*x);
}

}  // namespace ridge::quant
