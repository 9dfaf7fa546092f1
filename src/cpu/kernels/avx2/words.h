// Pairs of words as attention_int16.inl sees them, eight at a time; what multiplies and adds them
// differs from level to level.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace ridge::cpu {
namespace {

struct Words256 {
  using Int = __m256i;
  static constexpr int kWidth = 8;  // pairs, or sums
  // Rows at once, and sums that fit the registers beside their operands.
  static constexpr int kRows = 4;
  static constexpr int kSums = 8;

  static Int zero() { return _mm256_setzero_si256(); }
  static Int load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
  static void store(void* p, Int x) { _mm256_storeu_si256(static_cast<__m256i*>(p), x); }
  static Int broadcast(const int16_t* pair) {
    int32_t bits;
    __builtin_memcpy(&bits, pair, 4);
    return _mm256_set1_epi32(bits);
  }
  static void store_scaled(float* out, Int sum, float scale, const float* scales) {
    const __m256 factors = _mm256_mul_ps(_mm256_set1_ps(scale), _mm256_loadu_ps(scales));
    _mm256_storeu_ps(out, _mm256_mul_ps(_mm256_cvtepi32_ps(sum), factors));
  }
};

}  // namespace
}  // namespace ridge::cpu
