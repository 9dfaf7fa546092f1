// AVX2 with AVX-VNNI: four products of an unsigned with a signed byte go straight into the lane's
// int32. There are no chains to count, and signed weights become unsigned by adding 128, which the
// sum of x takes back.
#pragma once

#include "cpu/kernels/avx2/instructions.h"

namespace ridge::cpu {
namespace {

struct Isa : Avx2 {
  static constexpr bool kSignedByOffset = true;

  // A scale is a factor for add_scaled: byte j of each row as an int32.
  static Int scale_of_u8(Int bytes_of_rows, int j) {
    return _mm256_shuffle_epi8(bytes_of_rows, indices(0x80808000u + uint32_t(j), 0x00000004u));
  }
  static Int scale_of_s8(Int bytes_of_rows, int j) {
    const Int control = indices(0x00808080u + (uint32_t(j) << 24), 0x04000000u);
    return _mm256_srai_epi32(_mm256_shuffle_epi8(bytes_of_rows, control), 24);
  }
  // sum + the dot product of each row's pair with the two int16 at p.
  static Int add_pairs(Int sum, Int pairs, const uint8_t* p) {
    return _mm256_dpwssd_avx_epi32(sum, pairs, dword(p));
  }

  // Dot products, a unit of weights at a time, straight into a lane's int32.
  static constexpr int kStep = 1;
  static constexpr int kSignedChain = 64;
  static constexpr int chain_length(int) { return 64; }
  // Of a signed run: what the offset of its weights, 128, makes too much.
  static Int signed_start(int sum_of_x) { return _mm256_set1_epi32(-128 * sum_of_x); }
  static Int add_products(Int sum, const Int (&w)[1], const uint8_t* x) {
    return _mm256_dpbusd_avx_epi32(sum, w[0], dword(x));
  }
  static Int add_signed_products(Int sum, const Int (&w)[1], const uint8_t* x) {
    return _mm256_dpbusd_avx_epi32(sum, _mm256_xor_si256(w[0], bytes(-128)), dword(x));
  }
  static Int add_scaled(Int sum, Int dot, Int scale) {
    return _mm256_add_epi32(sum, _mm256_mullo_epi32(dot, scale));
  }
  static Int add_widened(Int sum, Int dot) { return _mm256_add_epi32(sum, dot); }
};

}  // namespace
}  // namespace ridge::cpu
