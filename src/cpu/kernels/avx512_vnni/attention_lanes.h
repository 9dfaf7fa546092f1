// Rows of a cache as attention.inl reads them, in AVX-512.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "cpu/kernels/avx512_vnni/lanes.h"

namespace ridge::cpu {
namespace {

// How a row is read: a step of kStep values from position i, as vectors.
struct F32 {
  static constexpr int kStep = 16;
  struct Step {
    const float* x;
    __m512 operator[](int) const { return _mm512_loadu_ps(x); }
  };
  static Step at(const std::byte* row, int64_t i) {
    return {reinterpret_cast<const float*>(row) + i};
  }
};
struct F16 {
  static constexpr int kStep = 16;
  struct Step {
    const std::byte* x;
    __m512 operator[](int) const {
      return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
    }
  };
  static Step at(const std::byte* row, int64_t i) { return {row + 2 * i}; }
};

}  // namespace
}  // namespace ridge::cpu
