// The eight 6-bit scales and eight 6-bit minimums of a Q4_K or Q5_K block, packed into 12 bytes:
//   bytes 0-3    scale of group 0-3 (bits 0-5), upper two bits of the scale of group 4-7 (6-7)
//   bytes 4-7    the same for the minimums
//   bytes 8-11   lower four bits of the scale (bits 0-3) and the minimum (4-7) of group 4-7
#pragma once

#include <cstdint>

namespace ridge::quant {

struct ScaleMin {
  uint8_t scale;  // [0, 63]
  uint8_t min;    // [0, 63]
};

inline ScaleMin unpack_scale_min(const uint8_t packed[12], int group) {
  if (group < 4) return {uint8_t(packed[group] & 63), uint8_t(packed[group + 4] & 63)};
  const int low = packed[group + 4];
  return {uint8_t((low & 15) | (packed[group - 4] >> 6) << 4),
          uint8_t((low >> 4) | (packed[group] >> 6) << 4)};
}

inline void pack_scale_min(const ScaleMin groups[8], uint8_t packed[12]) {
  for (int j = 0; j < 4; ++j) {
    const ScaleMin a = groups[j];
    const ScaleMin b = groups[j + 4];
    packed[j] = uint8_t(a.scale | (b.scale >> 4) << 6);
    packed[j + 4] = uint8_t(a.min | (b.min >> 4) << 6);
    packed[j + 8] = uint8_t((b.scale & 15) | (b.min & 15) << 4);
  }
}

}  // namespace ridge::quant
