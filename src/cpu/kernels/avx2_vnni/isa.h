// AVX2 with AVX-VNNI: four products of an unsigned with a signed byte go straight into the lane's
// int32. There are no chains to count, and signed weights become unsigned by adding 128, which the
// sum of x takes back.
#pragma once

#include "cpu/kernels/avx2/instructions.h"

namespace ridge::cpu {
namespace {

struct Isa : Avx2 {
  static constexpr bool kSignedByOffset = true;

  // A scale is a factor for add_dot: byte j of each row as an int32.
  static Int scale_of_u8(Int bytes_of_rows, int j) {
    return _mm256_shuffle_epi8(bytes_of_rows, bytes_at(0x80808000u + uint32_t(j), 0x00000004u));
  }
  static Int scale_of_s8(Int bytes_of_rows, int j) {
    const Int control = bytes_at(0x00808080u + (uint32_t(j) << 24), 0x04000000u);
    return _mm256_srai_epi32(_mm256_shuffle_epi8(bytes_of_rows, control), 24);
  }
  // sum + the dot product of each row's pair with the two int16 at p.
  static Int add_pairs(Int sum, Int pairs, const uint8_t* p) {
    return _mm256_dpwssd_avx_epi32(sum, pairs, dword(p));
  }

  // sum + scale * Σ w[i] · x[i], w unsigned, x[i] the i-th four activations.
  template <int kMax, int N>
  static Int add_dot(Int sum, const Int (&w)[N], const uint8_t* x, Int scale) {
    return _mm256_add_epi32(sum, _mm256_mullo_epi32(dot_from(zero(), w, x), scale));
  }
  template <int kMax>
  static Int dot(const Int (&w)[8], const uint8_t* x) {
    return dot_from(zero(), w, x);
  }

  // The same for signed bytes; sum_of_x is an int16 here and an int32 below.
  template <int N>
  static Int add_dot_signed(Int sum, const Int (&w)[N], const uint8_t* x, const uint8_t* sum_of_x,
                            Int scale) {
    int16_t total;
    __builtin_memcpy(&total, sum_of_x, 2);
    return _mm256_add_epi32(sum, _mm256_mullo_epi32(dot_offset(total, w, x), scale));
  }
  static Int dot_signed(const Int (&w)[8], const uint8_t* x, const uint8_t* sum_of_x) {
    int32_t total;
    __builtin_memcpy(&total, sum_of_x, 4);
    return dot_offset(total, w, x);
  }

 private:
  template <int N>
  static Int dot_from(Int sum, const Int (&w)[N], const uint8_t* x) {
    for (int i = 0; i < N; ++i) sum = _mm256_dpbusd_avx_epi32(sum, w[i], dword(x + 4 * i));
    return sum;
  }
  template <int N>
  static Int dot_offset(int32_t sum_of_x, const Int (&w)[N], const uint8_t* x) {
    Int unsigned_w[N];
    for (int i = 0; i < N; ++i) unsigned_w[i] = _mm256_xor_si256(w[i], bytes(-128));
    return dot_from(_mm256_set1_epi32(-128 * sum_of_x), unsigned_w, x);
  }
  // Byte indices within a 128-bit lane: those of row 0 in `row0`, `step` more for each further row.
  // A byte of 0x80 selects zero.
  static Int bytes_at(uint32_t row0, uint32_t step) {
    return _mm256_broadcastsi128_si256(
        _mm_setr_epi32(int(row0), int(row0 + step), int(row0 + 2 * step), int(row0 + 3 * step)));
  }
};

}  // namespace
}  // namespace ridge::cpu
