// IQ2_XXS: x = d * (scale[g] + 1/2) / 4 * sign * grid, g of 32, 256 elements; eight elements share
// an index into a codebook of 256 and seven sign bits.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/iq_grids.h"
#include "tensor/quant/iq_signs.h"

namespace ridge::quant {

struct BlockIQ2_XXS {
  static constexpr int kElements = 256;
  f16 d;
  // Words 4 g to 4 g + 3: four one-byte grid indices, then 32 bits: four times seven signs and the
  // group's 4-bit scale on top.
  uint16_t qs[32];
};
static_assert(sizeof(BlockIQ2_XXS) == 66);

inline void decode(const BlockIQ2_XXS& block, float* x) {
  for (int g = 0; g < 8; ++g) {
    const uint16_t* words = block.qs + 4 * g;
    const uint32_t signs = words[2] | uint32_t(words[3]) << 16;
    const float scale = to_f32(block.d) * (0.5f + float(signs >> 28)) * 0.25f;
    for (int j = 0; j < 4; ++j) {
      const int index = words[j / 2] >> (8 * (j % 2)) & 255;
      decode_entry(kIq2XxsGrid[index], even_signs(signs >> (7 * j)), scale, 8, x + 32 * g + 8 * j);
    }
  }
}

}  // namespace ridge::quant
