// Helpers of the reference codecs in tensor/quant/<type>.h. Pure functions, callable from any
// thread; no input makes them fail: NaN becomes the lowest level, anything else is clamped.
// Declarations only, so that kernels may include a type's header for its block layout without
// taking code along.
#pragma once

#include <cstdint>

#include "base/half.h"

namespace ridge::quant {

// Largest |x[i]|, or x[i] itself with its sign where first found. 0 for n = 0.
float max_magnitude(const float* x, int n);
float signed_max_magnitude(const float* x, int n);

struct Range {
  float min;
  float max;
};
Range range_of(const float* x, int n);

// 1/d as the formats' own quantizers take it: 0 for d = 0.
float reciprocal(float d);

// v truncated towards zero, then clamped to [0, max].
uint8_t truncate_level(float v, int max);

// v rounded half away from zero, then clamped to [lo, hi].
int round_level(float v, int lo, int hi);

// The first q that minimises |scale * levels[q] - v|.
int nearest_level(float v, float scale, const int8_t (&levels)[16]);

}  // namespace ridge::quant
