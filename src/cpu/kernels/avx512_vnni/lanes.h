// AVX-512 as attention.inl and recurrent.inl see it.
#pragma once

#include <immintrin.h>

namespace ridge::cpu {
namespace {

struct Lanes {
  using Float = __m512;
  static constexpr int kWidth = 16;
  static constexpr int kSums = 24;  // accumulators that fit the registers beside their operands

  static Float zero() { return _mm512_setzero_ps(); }
  static Float load(const float* p) { return _mm512_loadu_ps(p); }
  static Float broadcast(const float* p) { return _mm512_set1_ps(*p); }
  static Float add(Float a, Float b) { return _mm512_add_ps(a, b); }
  static Float sub(Float a, Float b) { return _mm512_sub_ps(a, b); }
  static Float mul(Float a, Float b) { return _mm512_mul_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm512_fmadd_ps(a, b, c); }
  static void store(float* p, Float x) { _mm512_storeu_ps(p, x); }
};

}  // namespace
}  // namespace ridge::cpu
