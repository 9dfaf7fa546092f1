// IQ1_S: x = d * (2 scale[g] + 1) * (grid ± 1/8), g of 32, 256 elements; eight elements share an
// index into a codebook of 2048 with values -1, 0, 1.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/iq1_grid.h"

namespace ridge::quant {

struct BlockIQ1_S {
  static constexpr int kElements = 256;
  f16 d;
  uint8_t qs[32];  // of eight elements: low eight bits of the grid index
  uint16_t qh[8];  // of a group: upper three bits of its four indices (bits 0-11), scale (12-14),
                   // delta is -1/8 (15)
};
static_assert(sizeof(BlockIQ1_S) == 50);

inline void decode(const BlockIQ1_S& block, float* x) {
  for (int g = 0; g < 8; ++g) {
    const int qh = block.qh[g];
    const float scale = to_f32(block.d) * float(2 * (qh >> 12 & 7) + 1);
    const float delta = qh & 0x8000 ? -kIq1Delta : kIq1Delta;
    for (int j = 0; j < 4; ++j) {
      const int index = block.qs[4 * g + j] | (qh >> (3 * j) & 7) << 8;
      decode_iq1_entry(index, delta, scale, x + 32 * g + 8 * j);
    }
  }
}

}  // namespace ridge::quant
