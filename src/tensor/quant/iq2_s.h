// IQ2_S: x = d * (scale[g] + 1/2) / 4 * sign * grid, g of 16, 256 elements; eight elements share
// an index into a codebook of 1024 and have a sign each.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/iq_grids.h"
#include "tensor/quant/iq_signs.h"

namespace ridge::quant {

struct BlockIQ2_S {
  static constexpr int kElements = 256;
  f16 d;
  uint8_t qs[32];     // of eight elements: low eight bits of the grid index
  uint8_t signs[32];  // of eight elements: bit k set: element k is negative
  uint8_t qh[8];      // upper two bits of four indices, from the lowest bits up
  uint8_t scales[8];  // low nibble: group 2 i, high nibble: 2 i + 1
};
static_assert(sizeof(BlockIQ2_S) == 82);

inline void decode(const BlockIQ2_S& block, float* x) {
  for (int j = 0; j < 32; ++j) {
    const int packed = block.scales[j / 4] >> (4 * (j / 2 % 2)) & 15;
    const float scale = to_f32(block.d) * (0.5f + float(packed)) * 0.25f;
    const int index = block.qs[j] | (block.qh[j / 4] >> (2 * (j % 4)) & 3) << 8;
    decode_entry(kIq2SGrid[index], block.signs[j], scale, 8, x + 8 * j);
  }
}

}  // namespace ridge::quant
