// F32, F16 and BF16 have headers of their own for the table's sake: a "block" is one number.
#pragma once

namespace ridge::quant {

struct BlockF32 {
  static constexpr int kElements = 1;
  float x;
};
static_assert(sizeof(BlockF32) == 4);

inline void decode(const BlockF32& block, float* x) {
  *x = block.x;
}
inline void encode(const float* x, BlockF32& block) {
  block.x = *x;
}

}  // namespace ridge::quant
