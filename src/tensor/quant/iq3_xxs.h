// IQ3_XXS: x = d * (scale[g] + 1/2) / 2 * sign * grid, g of 32, 256 elements; four elements share
// an index into a codebook of 256, eight share seven sign bits.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/half.h"
#include "tensor/quant/iq_grids.h"
#include "tensor/quant/iq_signs.h"

namespace ridge::quant {

struct BlockIQ3_XXS {
  static constexpr int kElements = 256;
  f16 d;
  uint8_t qs[64];            // of four elements: grid index
  uint8_t signs_scales[32];  // 32 bits a group: four times seven signs, 4-bit scale on top
};
static_assert(sizeof(BlockIQ3_XXS) == 98);

inline void decode(const BlockIQ3_XXS& block, float* x) {
  for (int g = 0; g < 8; ++g) {
    uint32_t signs;
    std::memcpy(&signs, block.signs_scales + 4 * g, sizeof signs);
    const float scale = to_f32(block.d) * (0.5f + float(signs >> 28)) * 0.5f;
    for (int j = 0; j < 8; ++j) {
      const uint32_t four = uint32_t(even_signs(signs >> (7 * (j / 2)))) >> (4 * (j % 2));
      decode_entry(kIq3XxsGrid[block.qs[8 * g + j]], four, scale, 4, x + 32 * g + 4 * j);
    }
  }
}

}  // namespace ridge::quant
