// Fits of the types whose reference encoder is a search: K-quants and IQ4. Each finds scales that
// minimise the squared error Σ w (x - x̂)², w = rms + |x|: a large weight moves the output most and
// costs the most when a scale clips it. For fixed integers the best scale is a linear regression;
// for a fixed scale the best integers are the nearest; the search starts from many scales, goes
// back and forth, and then does the same with the scales of the groups as integers.
// Pure functions, callable from any thread. Input that is not finite gives a valid block of
// unspecified values.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "tensor/quant/scale_min.h"

namespace ridge::quant {

constexpr int kSuperBlock = 256;
constexpr int kMaxGroups = 16;

// Ascending levels that a code 0 .. n - 1 stands for.
struct Levels {
  int n;
  int lowest;                     // code 0 if they are consecutive integers
  const int8_t* table = nullptr;  // else the levels
};

// x[i] ≈ d * scale[i / group] * level[code[i]]
struct SymmetricFormat {
  int n_elements;
  int group;
  int scale_lo;
  int scale_hi;
  Levels levels;
};
struct SymmetricFit {
  f16 d;
  int8_t scales[kMaxGroups];
  uint8_t codes[kSuperBlock];
};
SymmetricFit fit_symmetric(const float* x, const SymmetricFormat& format);

// x[i] ≈ d * scale[i / group] * code[i] - dmin * min[i / group], 256 elements
struct AffineFormat {
  int group;
  int max_scale;  // of scale and min
  int max_code;
};
struct AffineFit {
  f16 d;
  f16 dmin;
  ScaleMin groups[kMaxGroups];
  uint8_t codes[kSuperBlock];
};
AffineFit fit_affine(const float* x, const AffineFormat& format);

}  // namespace ridge::quant
