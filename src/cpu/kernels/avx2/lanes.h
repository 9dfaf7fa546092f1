// AVX2 as attention.inl and recurrent.inl see it.
#pragma once

#include <immintrin.h>

namespace ridge::cpu {
namespace {

struct Lanes {
  using Float = __m256;
  static constexpr int kWidth = 8;
  static constexpr int kSums = 12;  // accumulators that fit the registers beside their operands

  static Float zero() { return _mm256_setzero_ps(); }
  static Float load(const float* p) { return _mm256_loadu_ps(p); }
  static Float broadcast(const float* p) { return _mm256_broadcast_ss(p); }
  static Float add(Float a, Float b) { return _mm256_add_ps(a, b); }
  static Float sub(Float a, Float b) { return _mm256_sub_ps(a, b); }
  static Float mul(Float a, Float b) { return _mm256_mul_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm256_fmadd_ps(a, b, c); }
  static void store(float* p, Float x) { _mm256_storeu_ps(p, x); }
};

}  // namespace
}  // namespace ridge::cpu
