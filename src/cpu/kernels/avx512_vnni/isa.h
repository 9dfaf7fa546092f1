// AVX-512 with VNNI as quantized.inl sees a vector instruction set: 16 rows a group, one row a
// 32-bit lane. Four products of an unsigned with a signed byte go straight into the lane's int32:
// there are no chains to count, and signed weights become unsigned by adding 128, which the sum of
// x takes back.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {
namespace {

struct Isa {
  using Int = __m512i;
  using Float = __m512;
  static constexpr int kRows = 16;
  // Whether signed weights are multiplied as unsigned ones that are 128 larger.
  static constexpr bool kSignedByOffset = true;

  static Int load(const uint8_t* p) { return _mm512_loadu_si512(p); }
  // The dword at p in every lane.
  static Int dword(const uint8_t* p) {
    int32_t value;
    __builtin_memcpy(&value, p, 4);
    return _mm512_set1_epi32(value);
  }
  static Int zero() { return _mm512_setzero_si512(); }
  static Int bytes(int value) { return _mm512_set1_epi8(char(value)); }
  static Int and_(Int a, Int b) { return _mm512_and_si512(a, b); }
  static Int or_(Int a, Int b) { return _mm512_or_si512(a, b); }
  static Int sub(Int a, Int b) { return _mm512_sub_epi32(a, b); }
  static Int sub_bytes(Int a, Int b) { return _mm512_sub_epi8(a, b); }
  // Shifts move bits across the bytes of a word: mask afterwards.
  template <int n>
  static Int shift_left(Int a) {
    return _mm512_slli_epi16(a, n);
  }
  template <int n>
  static Int shift_right(Int a) {
    return _mm512_srli_epi16(a, n);
  }
  template <int n>  // to the left if positive
  static Int shift(Int a) {
    if constexpr (n > 0) return _mm512_slli_epi16(a, n);
    if constexpr (n < 0) return _mm512_srli_epi16(a, -n);
    return a;
  }
  static Int low_nibbles(Int a) { return and_(a, bytes(15)); }
  static Int high_nibbles(Int a) { return and_(_mm512_srli_epi16(a, 4), bytes(15)); }
  template <int factor>
  static Int times(Int a) {
    if constexpr ((factor & (factor - 1)) == 0) {
      return _mm512_slli_epi32(a, __builtin_ctz(factor));
    } else {
      return _mm512_mullo_epi32(a, _mm512_set1_epi32(factor));
    }
  }

  static Int table(const int8_t (&values)[16]) {
    return _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(values)));
  }
  static Int lookup(Int table, Int index) { return _mm512_shuffle_epi8(table, index); }

  // One 16-bit word a row, zero-extended.
  static Int words(const uint8_t* p) { return _mm512_cvtepu16_epi32(load_256(p)); }
  // Nibble i of the low word of each lane becomes byte i.
  static Int nibbles_to_bytes(Int a) {
    const Int two = and_(or_(a, _mm512_slli_epi32(a, 8)), _mm512_set1_epi32(0x00ff00ff));
    return and_(or_(two, _mm512_slli_epi32(two, 4)), bytes(15));
  }

  // Byte j of each row in all four bytes of the row's lane.
  static Int same_bytes(Int bytes_of_rows, int j) {
    return _mm512_shuffle_epi8(bytes_of_rows, lanes(0x01010101u * uint32_t(j), 0x04040404u));
  }

  // A scale is a factor for add_scaled: byte j of each row as an int32.
  static Int scale_of_u8(Int bytes_of_rows, int j) {
    return _mm512_shuffle_epi8(bytes_of_rows, lanes(0x80808000u + uint32_t(j), 0x00000004u));
  }
  static Int scale_of_s8(Int bytes_of_rows, int j) {
    const Int control = lanes(0x00808080u + (uint32_t(j) << 24), 0x04000000u);
    return _mm512_srai_epi32(_mm512_shuffle_epi8(bytes_of_rows, control), 24);
  }
  // Bytes 2 j and 2 j + 1 of each row as words, for add_pairs.
  static Int pair_of_u8(Int bytes_of_rows, int j) {
    const Int control = lanes(0x80018000u + 0x00020002u * uint32_t(j), 0x00040004u);
    return _mm512_shuffle_epi8(bytes_of_rows, control);
  }
  static Int pair_of_s8(Int bytes_of_rows, int j) {
    const Int control = lanes(0x01800080u + 0x02000200u * uint32_t(j), 0x04000400u);
    return _mm512_srai_epi16(_mm512_shuffle_epi8(bytes_of_rows, control), 8);
  }
  // sum + the dot product of each row's pair with the two int16 at p.
  static Int add_pairs(Int sum, Int pairs, const uint8_t* p) {
    return _mm512_dpwssd_epi32(sum, pairs, dword(p));
  }

  // Dot products, a unit of weights at a time, straight into a lane's int32.
  static constexpr int kStep = 1;
  static constexpr int kSignedChain = 64;
  static constexpr int chain_length(int) { return 64; }
  // Of a signed run: what the offset of its weights, 128, makes too much.
  static Int signed_start(int sum_of_x) { return _mm512_set1_epi32(-128 * sum_of_x); }
  static Int add_products(Int sum, const Int (&w)[1], const uint8_t* x) {
    return _mm512_dpbusd_epi32(sum, w[0], dword(x));
  }
  static Int add_signed_products(Int sum, const Int (&w)[1], const uint8_t* x) {
    return _mm512_dpbusd_epi32(sum, _mm512_xor_si512(w[0], bytes(-128)), dword(x));
  }
  static Int add_scaled(Int sum, Int dot, Int scale) {
    return _mm512_add_epi32(sum, _mm512_mullo_epi32(dot, scale));
  }
  static Int add_widened(Int sum, Int dot) { return _mm512_add_epi32(sum, dot); }

  static Float zero_float() { return _mm512_setzero_ps(); }
  static Float same(float value) { return _mm512_set1_ps(value); }
  static Float broadcast(const uint8_t* p) {
    float value;
    __builtin_memcpy(&value, p, 4);
    return _mm512_set1_ps(value);
  }
  static Float halves(const uint8_t* p) { return _mm512_cvtph_ps(load_256(p)); }
  static Float brain_halves(const uint8_t* p) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(words(p), 16));
  }
  static Float floats(const uint8_t* p) { return _mm512_castsi512_ps(load(p)); }
  // 2^(e - 128) of one byte e a row; e < 2 gives subnormals with one bit set.
  static Float half_powers_of_two(const uint8_t* p) {
    const Int e = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    const Int normal = _mm512_slli_epi32(sub(e, _mm512_set1_epi32(1)), 23);
    const Int subnormal = _mm512_sllv_epi32(_mm512_set1_epi32(0x00200000), e);
    const __mmask16 is_normal = _mm512_cmpgt_epi32_mask(e, _mm512_set1_epi32(1));
    return _mm512_castsi512_ps(_mm512_mask_mov_epi32(subnormal, is_normal, normal));
  }
  static Float to_float(Int a) { return _mm512_cvtepi32_ps(a); }
  static Float add_floats(Float a, Float b) { return _mm512_add_ps(a, b); }
  static Float mul(Float a, Float b) { return _mm512_mul_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm512_fmadd_ps(a, b, c); }
  static Float fnma(Float a, Float b, Float c) { return _mm512_fnmadd_ps(a, b, c); }
  static void store(float* p, Float a) { _mm512_storeu_ps(p, a); }

 private:
  static __m256i load_256(const uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  // Byte indices within a 128-bit lane: those of row 0 in `row0`, `step` more for each further row.
  // A byte of 0x80 selects zero.
  static Int lanes(uint32_t row0, uint32_t step) {
    const Int steps =
        _mm512_broadcast_i32x4(_mm_setr_epi32(0, int(step), int(2 * step), int(3 * step)));
    return _mm512_add_epi32(_mm512_set1_epi32(int(row0)), steps);
  }
};

}  // namespace
}  // namespace ridge::cpu
