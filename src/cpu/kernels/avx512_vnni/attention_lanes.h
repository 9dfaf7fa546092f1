// Rows of a cache as attention.inl reads them, in AVX-512.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "cpu/kernels/avx2/transpose.h"
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
    __m512 value(int v, int /*in_step*/) const {
      const std::byte* from = at + v * (kBlock * kPositionBytes);
      return _mm512_cvtph_ps(_mm256_load_si256(bytes_256(from)));
    }
    Panels& operator++() { return at += kPositionBytes, *this; }
  };
};

}  // namespace
}  // namespace ridge::cpu
