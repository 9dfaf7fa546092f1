// F16: IEEE 754 binary16.
#pragma once

#include "base/half.h"

namespace ridge::quant {

struct BlockF16 {
  static constexpr int kElements = 1;
  f16 x;
};
static_assert(sizeof(BlockF16) == 2);

inline void decode(const BlockF16& block, float* x) {
  *x = to_f32(block.x);
}
inline void encode(const float* x, BlockF16& block) {
  block.x = to_f16(*x);
}

}  // namespace ridge::quant
