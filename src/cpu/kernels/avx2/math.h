// exp and tanh of eight floats, shared by the kernels of this level. Each file that includes this
// gets its own copy (anonymous namespace): nothing of it may leak out of the level's objects.
#pragma once

#include <immintrin.h>

#include "cpu/kernels/unroll.h"

namespace ridge::cpu {
namespace {

// e^x within 1 ulp for x up to 88.7 (a little less than the largest float's logarithm): x = n·ln2 +
// r, |r| <= ln2/2, e^r = 1 + r + r²·P(r) with a minimax P (relative error 3e-9), and n is added to
// the exponent. Results below 2^-126 are 0, so that no sum ever meets a subnormal. NaN stays NaN.
// Of several vectors step by step: one alone waits for itself in every step.
template <int kCount>
[[gnu::always_inline]] inline void exp8_of_small(__m256 (&x)[kCount]) {
  const auto each = [](auto f) __attribute__((always_inline)) { unroll<kCount>(f); };
  const __m256 rounder = _mm256_set1_ps(0x1.8p23f);  // what is added to it becomes an integer
  __m256 n[kCount], r[kCount], p[kCount];
  each([&](auto i) __attribute__((always_inline)) {
    n[i] = _mm256_fmadd_ps(x[i], _mm256_set1_ps(0x1.715476p+0f), rounder);
  });
  each([&](auto i) __attribute__((always_inline)) { n[i] = _mm256_sub_ps(n[i], rounder); });
  // ln2 in two parts, the first with so few bits that n times it is exact.
  each([&](auto i) __attribute__((always_inline)) {
    r[i] = _mm256_fnmadd_ps(n[i], _mm256_set1_ps(0.693145751953125f), x[i]);
  });
  each([&](auto i) __attribute__((always_inline)) {
    r[i] = _mm256_fnmadd_ps(n[i], _mm256_set1_ps(1.42860677e-6f), r[i]);
  });
  each([&](auto i) __attribute__((always_inline)) {
    p[i] = _mm256_fmadd_ps(_mm256_set1_ps(0x1.6a23d0p-10f), r[i], _mm256_set1_ps(0x1.123a20p-7f));
  });
  each([&](auto i) __attribute__((always_inline)) {
    p[i] = _mm256_fmadd_ps(p[i], r[i], _mm256_set1_ps(0x1.5558f2p-5f));
  });
  each([&](auto i) __attribute__((always_inline)) {
    p[i] = _mm256_fmadd_ps(p[i], r[i], _mm256_set1_ps(0x1.555492p-3f));
  });
  each([&](auto i) __attribute__((always_inline)) {
    p[i] = _mm256_fmadd_ps(p[i], r[i], _mm256_set1_ps(0x1.fffffcp-2f));
  });
  each([&](auto i) __attribute__((always_inline)) {
    p[i] = _mm256_fmadd_ps(p[i], _mm256_mul_ps(r[i], r[i]), r[i]);
  });
  each([&](auto i) __attribute__((always_inline)) {
    p[i] = _mm256_add_ps(p[i], _mm256_set1_ps(1.0f));
    const __m256i shifted = _mm256_slli_epi32(_mm256_cvtps_epi32(n[i]), 23);
    const __m256 y = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p[i]), shifted));
    const __m256 too_small = _mm256_cmp_ps(x[i], _mm256_set1_ps(-87.336f), _CMP_LT_OQ);
    x[i] = _mm256_andnot_ps(too_small, y);
  });
}

inline __m256 exp8_of_small(__m256 x) {
  __m256 one[1] = {x};
  exp8_of_small(one);
  return one[0];
}

// The same for any x; above the logarithm of the largest float +inf.
inline __m256 exp8(__m256 x) {
  const __m256 too_large = _mm256_cmp_ps(x, _mm256_set1_ps(88.7228f), _CMP_GT_OQ);
  return _mm256_blendv_ps(exp8_of_small(x), _mm256_set1_ps(__builtin_inff()), too_large);
}

inline __m256 sigmoid8(__m256 x) {
  const __m256 one = _mm256_set1_ps(1.0f);
  const __m256 minus_x = _mm256_xor_ps(x, _mm256_set1_ps(-0.0f));
  return _mm256_div_ps(one, _mm256_add_ps(one, exp8(minus_x)));
}

// tanh within 1.5 ulp: an odd polynomial (relative error 5e-9) below 0.625 in magnitude, where
// 1 - 2/(e^2|x| + 1) would cancel.
inline __m256 tanh8(__m256 x) {
  const __m256 sign = _mm256_and_ps(x, _mm256_set1_ps(-0.0f));
  const __m256 magnitude = _mm256_xor_ps(x, sign);
  const __m256 square = _mm256_mul_ps(x, x);
  __m256 p = _mm256_set1_ps(-0.005704987f);
  p = _mm256_fmadd_ps(p, square, _mm256_set1_ps(0.020639088f));
  p = _mm256_fmadd_ps(p, square, _mm256_set1_ps(-0.053739715f));
  p = _mm256_fmadd_ps(p, square, _mm256_set1_ps(0.13331442f));
  p = _mm256_fmadd_ps(p, square, _mm256_set1_ps(-0.3333328f));
  const __m256 small = _mm256_fmadd_ps(_mm256_mul_ps(p, square), x, x);
  const __m256 e = exp8(_mm256_add_ps(magnitude, magnitude));
  const __m256 two = _mm256_set1_ps(2.0f);
  const __m256 one = _mm256_set1_ps(1.0f);
  const __m256 large = _mm256_sub_ps(one, _mm256_div_ps(two, _mm256_add_ps(e, one)));
  const __m256 is_small = _mm256_cmp_ps(magnitude, _mm256_set1_ps(0.625f), _CMP_LT_OQ);
  return _mm256_blendv_ps(_mm256_or_ps(large, sign), small, is_small);
}

// The first n lanes, 0 <= n <= 8.
inline __m256i lanes_below(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// ((0+4) + (2+6)) + ((1+5) + (3+7))
inline float sum8(__m256 v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

}  // namespace
}  // namespace ridge::cpu
