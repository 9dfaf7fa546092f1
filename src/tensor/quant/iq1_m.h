// IQ1_M: x = d * (2 scale[g] + 1) * (grid ± 1/8), g of 16, 256 elements; eight elements share an
// index into a codebook of 2048 with values -1, 0, 1 and the sign of the eighth.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/iq1_grid.h"

namespace ridge::quant {

struct BlockIQ1_M {
  static constexpr int kElements = 256;
  uint8_t qs[32];  // of eight elements: low eight bits of the grid index
  uint8_t qh[16];  // a nibble each: upper three bits of the index, delta is -1/8
  // Byte pairs, little-endian: four scales of three bits, and on top of pair i bits 4 i to 4 i + 3
  // of d, an f16.
  uint8_t scales[8];
};
static_assert(sizeof(BlockIQ1_M) == 56);

inline void decode(const BlockIQ1_M& block, float* x) {
  int pairs[4];
  uint32_t d_bits = 0;
  for (int i = 0; i < 4; ++i) {
    pairs[i] = block.scales[2 * i] | block.scales[2 * i + 1] << 8;
    d_bits |= uint32_t(pairs[i] >> 12) << (4 * i);
  }
  const float d = to_f32(f16{uint16_t(d_bits)});
  for (int j = 0; j < 32; ++j) {
    const int packed = pairs[j / 8] >> (3 * (j / 2 % 4)) & 7;
    const float scale = d * float(2 * packed + 1);
    const int high = block.qh[j / 2] >> (4 * (j % 2)) & 15;
    const int index = block.qs[j] | (high & 7) << 8;
    decode_iq1_entry(index, high & 8 ? -kIq1Delta : kIq1Delta, scale, x + 8 * j);
  }
}

}  // namespace ridge::quant
