// IQ3_S: x = d * (2 scale[g] + 1) * sign * grid, g of 32, 256 elements; four elements share an
// index into a codebook of 512 and have a sign each.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/iq_grids.h"
#include "tensor/quant/iq_signs.h"

namespace ridge::quant {

struct BlockIQ3_S {
  static constexpr int kElements = 256;
  f16 d;
  uint8_t qs[64];     // of four elements: low eight bits of the grid index
  uint8_t qh[8];      // ninth bits: index j is bit j % 8 of byte j / 8
  uint8_t signs[32];  // of eight elements: bit k set: element k is negative
  uint8_t scales[4];  // low nibble: group 2 i, high nibble: 2 i + 1
};
static_assert(sizeof(BlockIQ3_S) == 110);

inline void decode(const BlockIQ3_S& block, float* x) {
  for (int j = 0; j < 64; ++j) {
    const int packed = block.scales[j / 16] >> (4 * (j / 8 % 2)) & 15;
    const float scale = to_f32(block.d) * float(1 + 2 * packed);
    const int index = block.qs[j] | (block.qh[j / 8] >> (j % 8) & 1) << 8;
    const uint32_t signs = uint32_t(block.signs[j / 2]) >> (4 * (j % 2));
    decode_entry(kIq3SGrid[index], signs, scale, 4, x + 4 * j);
  }
}

}  // namespace ridge::quant
