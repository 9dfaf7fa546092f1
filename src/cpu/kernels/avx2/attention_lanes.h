// Rows of a cache as attention.inl reads them, in AVX2.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "cpu/kernels/avx2/lanes.h"
#include "cpu/kernels/avx2/transpose.h"

namespace ridge::cpu {
namespace {

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

// Keys that are transposed in their own type: [position of the head][key].
struct F16Keys {
  static constexpr int64_t kStep = 8;
  static constexpr int64_t kBlock = 64;
  static constexpr int64_t kPositionBytes = 2 * kPanelKeys;

  static void transpose(std::byte* panel, const std::byte* const* keys, int64_t i) {
    transpose_words(panel, keys, 2 * i);
  }
  struct Panels {
    static constexpr int kStep = 1;
    const std::byte* at;
    __m256 value(int v, int /*in_step*/) const {
      const std::byte* from = at + v / 2 * (kBlock * kPositionBytes) + v % 2 * 16;
      return _mm256_cvtph_ps(_mm_load_si128(bytes_128(from)));
    }
    Panels& operator++() { return at += kPositionBytes, *this; }
  };
};

}  // namespace
}  // namespace ridge::cpu
