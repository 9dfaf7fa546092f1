// Rows of a cache as attention.inl reads them, in AVX2.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "cpu/kernels/avx2/lanes.h"

namespace ridge::cpu {
namespace {

const __m128i* bytes_128(const void* p) {
  return static_cast<const __m128i*>(p);
}
const __m256i* bytes_256(const void* p) {
  return static_cast<const __m256i*>(p);
}

// How a row is read: a step of kStep values from position i, as vectors.
struct F32 {
  static constexpr int kStep = 8;
  struct Step {
    const float* x;
    __m256 operator[](int) const { return _mm256_loadu_ps(x); }
  };
  static Step at(const std::byte* row, int64_t i) {
    return {reinterpret_cast<const float*>(row) + i};
  }
};
struct F16 {
  static constexpr int kStep = 8;
  struct Step {
    const std::byte* x;
    __m256 operator[](int) const { return _mm256_cvtph_ps(_mm_loadu_si128(bytes_128(x))); }
  };
  static Step at(const std::byte* row, int64_t i) { return {row + 2 * i}; }
};
struct Q8_0 {  // blocks of 32: f16 scale, int8 levels
  static constexpr int kStep = 32;
  struct Step {
    const std::byte* levels;
    __m256 d;
    __m256 operator[](int u) const {
      const __m256i x = _mm256_cvtepi8_epi32(_mm_loadl_epi64(bytes_128(levels + 8 * u)));
      return _mm256_mul_ps(d, _mm256_cvtepi32_ps(x));
    }
  };
  static Step at(const std::byte* row, int64_t i) {
    const std::byte* block = row + i / 32 * 34;
    uint16_t d;
    __builtin_memcpy(&d, block, 2);
    const __m128 scale = _mm_cvtph_ps(_mm_cvtsi32_si128(d));
    return {block + 2 + i % 32, _mm256_broadcastss_ps(scale)};
  }
};

}  // namespace
}  // namespace ridge::cpu
