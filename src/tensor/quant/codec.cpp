#include "tensor/quant/codec.h"

#include <cmath>

namespace ridge::quant {

float signed_max_magnitude(const float* x, int n) {
  float best = 0.0f;
  for (int i = 0; i < n; ++i) {
    if (std::fabs(x[i]) > std::fabs(best)) best = x[i];
  }
  return best;
}

float max_magnitude(const float* x, int n) {
  return std::fabs(signed_max_magnitude(x, n));
}

Range range_of(const float* x, int n) {
  Range range{x[0], x[0]};
  for (int i = 1; i < n; ++i) {
    if (x[i] < range.min) range.min = x[i];
    if (x[i] > range.max) range.max = x[i];
  }
  return range;
}

float reciprocal(float d) {
  return d == 0.0f ? 0.0f : 1.0f / d;
}

uint8_t truncate_level(float v, int max) {
  if (!(v > 0.0f)) return 0;
  return v >= float(max) ? uint8_t(max) : uint8_t(v);
}

int round_level(float v, int lo, int hi) {
  if (!(v > float(lo))) return lo;
  return v >= float(hi) ? hi : int(std::round(v));
}

int nearest_level(float v, float scale, const int8_t (&levels)[16]) {
  int best = 0;
  for (int q = 1; q < 16; ++q) {
    const float error = std::fabs(scale * float(levels[q]) - v);
    if (error < std::fabs(scale * float(levels[best]) - v)) best = q;
  }
  return best;
}

}  // namespace ridge::quant
