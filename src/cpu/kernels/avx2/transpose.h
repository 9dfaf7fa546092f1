// Rows of a cache, transposed in their own type.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "cpu/kernels/unroll.h"

namespace ridge::cpu {
namespace {

inline const __m128i* bytes_128(const void* p) {
  return static_cast<const __m128i*>(p);
}
inline const __m256i* bytes_256(const void* p) {
  return static_cast<const __m256i*>(p);
}

// Transposes eight rows within each 128-bit lane, by three rounds of interleaving row i with row
// i + 4. Of words, lane 0 of rows[i] is then word i of all eight and lane 1 word i + 8; of dwords,
// lanes 0 of rows[2 i] and rows[2 i + 1] are dword i of all eight, and lanes 1 dword i + 4.
template <class Low, class High>
[[gnu::always_inline]] inline void transpose(__m256i (&rows)[8], Low low, High high) {
  unroll<3>([&](auto) __attribute__((always_inline)) {
    __m256i out[8];
    unroll<4>([&](auto i) __attribute__((always_inline)) {
      out[2 * i] = low(rows[i], rows[i + 4]);
      out[2 * i + 1] = high(rows[i], rows[i + 4]);
    });
    unroll<8>([&](auto i) __attribute__((always_inline)) { rows[i] = out[i]; });
  });
}

inline void transpose_words(__m256i (&rows)[8]) {
  transpose(
      rows,
      [](__m256i a, __m256i b)
          __attribute__((always_inline)) { return _mm256_unpacklo_epi16(a, b); },
      [](__m256i a, __m256i b)
          __attribute__((always_inline)) { return _mm256_unpackhi_epi16(a, b); });
}

// Of sixteen rows the eight words from `offset` on: out[i] is word i of all of them.
inline void transpose_words(std::byte* out, const std::byte* const* rows, int64_t offset) {
  __m256i words[8];
  unroll<8>([&](auto j) __attribute__((always_inline)) {
    const __m128i low = _mm_loadu_si128(bytes_128(rows[j] + offset));
    const __m128i high = _mm_loadu_si128(bytes_128(rows[j + 8] + offset));
    words[j] = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
  });
  transpose_words(words);
  unroll<8>([&](auto j) __attribute__((always_inline)) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(out + 32 * j), words[j]);
  });
}

}  // namespace
}  // namespace ridge::cpu
