// AVX-512 as attention.inl sees it.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {
namespace {

struct Lanes {
  using Float = __m512;
  static constexpr int kWidth = 16;
  static constexpr int kSums = 24;  // accumulators that fit the registers beside their operands

  static Float zero() { return _mm512_setzero_ps(); }
  static Float load(const float* p) { return _mm512_loadu_ps(p); }
  static Float broadcast(const float* p) { return _mm512_set1_ps(*p); }
  static Float fma(Float a, Float b, Float c) { return _mm512_fmadd_ps(a, b, c); }
  static void store(float* p, Float x) { _mm512_storeu_ps(p, x); }
};

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
