// IQ2_XS: x = d * (scale[g] + 1/2) / 4 * sign * grid, g of 16, 256 elements; eight elements share
// an index into a codebook of 512 and seven sign bits.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/iq_grids.h"
#include "tensor/quant/iq_signs.h"

namespace ridge::quant {

struct BlockIQ2_XS {
  static constexpr int kElements = 256;
  f16 d;
  uint16_t qs[32];    // of eight elements: grid index (bits 0-8), signs (9-15)
  uint8_t scales[8];  // low nibble: group 2 i, high nibble: 2 i + 1
};
static_assert(sizeof(BlockIQ2_XS) == 74);

inline void decode(const BlockIQ2_XS& block, float* x) {
  for (int j = 0; j < 32; ++j) {
    const int packed = block.scales[j / 4] >> (4 * (j / 2 % 2)) & 15;
    const float scale = to_f32(block.d) * (0.5f + float(packed)) * 0.25f;
    decode_entry(kIq2XsGrid[block.qs[j] & 511], even_signs(block.qs[j] >> 9), scale, 8, x + 8 * j);
  }
}

}  // namespace ridge::quant
