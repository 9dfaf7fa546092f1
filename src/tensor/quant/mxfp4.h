// MXFP4 (OCP Microscaling Formats 1.0): x[i] = 2^(e - 128) * level[q[i]], 32 elements; the levels
// (levels.h) are twice the E2M1 floats ±{0, 1/2, 1, 3/2, 2, 3, 4, 6}.
#pragma once

#include <bit>
#include <cstdint>

#include "tensor/quant/codec.h"
#include "tensor/quant/levels.h"

namespace ridge::quant {

struct BlockMXFP4 {
  static constexpr int kElements = 32;
  uint8_t e;
  uint8_t qs[16];  // low nibbles: elements 0-15, high nibbles: 16-31; bit 3 is the sign
};
static_assert(sizeof(BlockMXFP4) == 17);

// 2^(e - 128); below 2^-126 the number is a subnormal with one bit set.
inline float mxfp4_scale(uint8_t e) {
  return std::bit_cast<float>(e < 2 ? 0x00200000u << e : uint32_t(e - 1) << 23);
}

inline void decode(const BlockMXFP4& block, float* x) {
  const float scale = mxfp4_scale(block.e);
  for (int i = 0; i < 16; ++i) {
    x[i] = scale * float(kMxfp4Levels[block.qs[i] & 15]);
    x[i + 16] = scale * float(kMxfp4Levels[block.qs[i] >> 4]);
  }
}

// The specification's rule: the largest magnitude gets the largest exponent of E2M1, which is 2.
inline void encode(const float* x, BlockMXFP4& block) {
  const int biased_exponent = int(std::bit_cast<uint32_t>(max_magnitude(x, 32)) >> 23);
  block.e = uint8_t(biased_exponent < 2 ? 0 : biased_exponent - 2);
  const float scale = mxfp4_scale(block.e);
  for (int i = 0; i < 16; ++i) {
    const int low = nearest_level(x[i], scale, kMxfp4Levels);
    const int high = nearest_level(x[i + 16], scale, kMxfp4Levels);
    block.qs[i] = uint8_t(low | high << 4);
  }
}

}  // namespace ridge::quant
