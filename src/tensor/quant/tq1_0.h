// TQ1_0: x[i] = d * (t[i] - 1), trits t in {0, 1, 2}, 256 elements. Five trits (four in the last
// bytes) share a byte as the fraction 0.t0 t1 t2 t3 t4 in base 3, rounded up to a 256th.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/codec.h"

namespace ridge::quant {

struct BlockTQ1_0 {
  static constexpr int kElements = 256;
  uint8_t qs[52];  // trit k of byte i: see trit_element()
  f16 d;
};
static_assert(sizeof(BlockTQ1_0) == 54);

// Bytes 0-31 hold elements 0-159, 32-47 hold 160-239, and 48-51, of four trits, hold 240-255; in
// each run trit 0 of all its bytes comes first.
inline int trit_element(int byte, int k) {
  if (byte < 32) return 32 * k + byte;
  if (byte < 48) return 160 + 16 * k + byte - 32;
  return 240 + 4 * k + byte - 48;
}

inline void decode(const BlockTQ1_0& block, float* x) {
  const float d = to_f32(block.d);
  for (int i = 0; i < 52; ++i) {
    uint8_t fraction = block.qs[i];
    for (int k = 0; k < (i < 48 ? 5 : 4); ++k) {
      x[trit_element(i, k)] = d * float((fraction * 3 >> 8) - 1);
      fraction = uint8_t(fraction * 3);
    }
  }
}

inline void encode(const float* x, BlockTQ1_0& block) {
  const float d = max_magnitude(x, 256);
  const float inverse = reciprocal(d);
  block.d = to_f16(d);
  for (int i = 0; i < 52; ++i) {
    int number = 0;  // of five trits; a missing fifth is 0
    for (int k = 0; k < 5; ++k) {
      const bool present = i < 48 || k < 4;
      number = 3 * number + (present ? round_level(x[trit_element(i, k)] * inverse, -1, 1) + 1 : 0);
    }
    block.qs[i] = uint8_t((number * 256 + 242) / 243);
  }
}

}  // namespace ridge::quant
