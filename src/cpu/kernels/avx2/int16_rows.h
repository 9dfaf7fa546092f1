// Rows of a cache as attention in int16 reads them: their largest magnitudes, from which the scales
// follow, and eight of their values at a time.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "cpu/kernels/attention_kernels.h"
#include "cpu/kernels/unroll.h"

namespace ridge::cpu {
namespace {

inline float half_as_float(const std::byte* p) {
  uint16_t bits;
  __builtin_memcpy(&bits, p, 2);
  return _cvtsh_ss(bits);
}

inline __m256i load_256(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
inline __m128i load_128(const void* p) {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}

// a's and b's words in turn; those that land in one place of the two halves: the larger one.
inline __m256i larger_in_turn(__m256i a, __m256i b) {
  return _mm256_max_epu16(_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b));
}

// The largest magnitude of each of sixteen rows, as a half. Magnitudes of halves are ordered as
// their bits are.
struct F16Row {
  static __m256i largest(const std::byte* const* rows, int64_t dim) {
    const __m256i magnitude = _mm256_set1_epi16(0x7fff);
    __m256i most[16];
    for (int64_t j = 0; j < 16; ++j) {
      __m256i half[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
      const std::byte* row = rows[j];
      for (int64_t i = 0; i < dim; i += kInt16Step) {
        unroll<2>([&](auto h) __attribute__((always_inline)) {
          const __m256i x = _mm256_and_si256(load_256(row + 2 * i + 32 * h), magnitude);
          half[h] = _mm256_max_epu16(half[h], x);
        });
      }
      most[j] = _mm256_max_epu16(half[0], half[1]);
    }
    unroll<8>([&](auto j) __attribute__((always_inline)) {
      most[j] = larger_in_turn(most[j], most[j + 8]);
    });
    unroll<4>([&](auto j) __attribute__((always_inline)) {
      most[j] = larger_in_turn(most[j], most[j + 4]);
    });
    unroll<2>([&](auto j) __attribute__((always_inline)) {
      most[j] = larger_in_turn(most[j], most[j + 2]);
    });
    const __m256i low = _mm256_unpacklo_epi16(most[0], most[1]);
    const __m256i high = _mm256_unpackhi_epi16(most[0], most[1]);
    return _mm256_max_epu16(_mm256_permute2x128_si256(low, high, 0x20),
                            _mm256_permute2x128_si256(low, high, 0x31));
  }
  static constexpr float kUnit = 1.0f;                // what a largest of 1 means
  static int64_t offset(int64_t i) { return 2 * i; }  // of value i, bytes
  static __m256i rounded(const std::byte* row, int64_t i, float factor) {
    const __m256 x = _mm256_cvtph_ps(load_128(row + 2 * i));
    return _mm256_cvtps_epi32(_mm256_mul_ps(x, _mm256_set1_ps(factor)));
  }
  // Values i … i + 15 times the factor as words; pair j of them is dword j's pair_of.
  static __m256i words(const std::byte* row, int64_t i, float factor) {
    return _mm256_packs_epi32(rounded(row, i, factor), rounded(row, i + 8, factor));
  }
  static constexpr int pair_of(int dword) { return dword % 4 / 2 * 4 + dword / 4 * 2 + dword % 2; }
  // Values i … i + 15 of two rows in pairs.
  static void pairs(__m256i (&out)[2], const std::byte* const* rows, int64_t i,
                    const float (&factors)[2]) {
    unroll<2>([&](auto j) __attribute__((always_inline)) {
      const __m256i first = rounded(rows[0], i + 8 * j, factors[0]);
      const __m256i second = rounded(rows[1], i + 8 * j, factors[1]);
      out[j] = _mm256_blend_epi16(first, _mm256_slli_epi32(second, 16), 0xaa);
    });
  }
};

// Blocks of 32: f16 scale, int8 levels. The largest scale stands for the largest value: a block's
// scale is such that its largest level is 127, in ours as in others' encoders.
struct Q8_0Row {
  static __m256i largest(const std::byte* const* rows, int64_t dim) {
    const __m256i magnitude = _mm256_set1_epi16(0x7fff);
    __m256i most = _mm256_setzero_si256();
    for (int64_t at = 0; at < dim / 32 * 34; at += 34) {
      alignas(32) uint16_t scales[16];
      for (int j = 0; j < 16; ++j) __builtin_memcpy(scales + j, rows[j] + at, 2);
      const __m256i x = _mm256_load_si256(reinterpret_cast<const __m256i*>(scales));
      most = _mm256_max_epu16(most, _mm256_and_si256(x, magnitude));
    }
    return most;
  }
  static constexpr float kUnit = 128.0f;
  static int64_t offset(int64_t i) { return i / 32 * 34 + 2 + i % 32; }
  // The factor of a block's levels in 2^-7, as a word: it is at most the rows' limit.
  static int16_t factor_of(const std::byte* block, float factor) {
    const float x = half_as_float(block) * factor * 128.0f;
    return int16_t(_mm_cvtss_si32(_mm_set_ss(x)));
  }
  static __m256i words(const std::byte* row, int64_t i, float factor) {
    const std::byte* block = row + i / 32 * 34;
    const __m256i levels = _mm256_cvtepi8_epi16(load_128(block + 2 + i % 32));
    return _mm256_mulhrs_epi16(_mm256_slli_epi16(levels, 8),
                               _mm256_set1_epi16(factor_of(block, factor)));
  }
  static constexpr int pair_of(int dword) { return dword; }
  static void pairs(__m256i (&out)[2], const std::byte* const* rows, int64_t i,
                    const float (&factors)[2]) {
    __m256i x[2];  // with values 4 … 11 the other way round, which unpacking makes good
    unroll<2>([&](auto j) __attribute__((always_inline)) {
      x[j] = _mm256_permute4x64_epi64(words(rows[j], i, factors[j]), 0xd8);
    });
    out[0] = _mm256_unpacklo_epi16(x[0], x[1]);
    out[1] = _mm256_unpackhi_epi16(x[0], x[1]);
  }
};

// What makes `limit` of the largest magnitude of each of sixteen rows.
template <class Row>
void find_scales(float* scales, const std::byte* const* rows, int64_t dim, float limit) {
  const __m256i largest = Row::largest(rows, dim);
  const __m256 factor = _mm256_set1_ps(Row::kUnit / limit);
  const __m256 low = _mm256_cvtph_ps(_mm256_castsi256_si128(largest));
  const __m256 high = _mm256_cvtph_ps(_mm256_extracti128_si256(largest, 1));
  _mm256_storeu_ps(scales, _mm256_mul_ps(low, factor));
  _mm256_storeu_ps(scales + 8, _mm256_mul_ps(high, factor));
}

// 1 / scale. Of a scale near 0 that might overflow; what it scales is nothing beside the rest.
inline float inverse(float scale) {
  return scale > 1e-30f ? 1.0f / scale : 0.0f;
}

inline float square_root(float x) {
  return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x)));
}

template <class Row>
void find_key_scales(float* scales, const std::byte* const* keys, int64_t dim) {
  float limit = kKeyNorm / square_root(float(dim));
  if (limit > 32767.0f) limit = 32767.0f;
  find_scales<Row>(scales, keys, dim, limit);
}

// Into the L2 cache, where what comes next is to wait.
inline void fetch(const std::byte* line) {
  __builtin_prefetch(line, 0, 2);
}

}  // namespace
}  // namespace ridge::cpu
