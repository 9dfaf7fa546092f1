// AVX2 as quantized.inl sees a vector instruction set: 8 rows a group, one row a 32-bit lane. A
// level that has more derives from this and replaces what it does better.
//
// Products of unsigned weights w <= kMax with activations |x| <= 127 are summed by pairs into
// int16; chain_length() says how many such sums fit before they must be widened.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {
namespace {

// How many word sums of two products fit in an int16; a power of two, so that it divides a block.
constexpr int word_chain_length(int max) {
  int length = 1;
  while (2 * length * max * 127 * 2 <= 32767) length *= 2;
  return length;
}
static_assert(word_chain_length(15) == 8 && word_chain_length(31) == 4 &&
              word_chain_length(63) == 2);

struct Avx2 {
  using Int = __m256i;
  using Float = __m256;
  static constexpr int kRows = 8;
  // Whether signed weights are multiplied as unsigned ones that are 128 larger.
  static constexpr bool kSignedByOffset = false;

  static Int load(const uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  // The dword at p in every lane.
  static Int dword(const uint8_t* p) {
    int32_t value;
    __builtin_memcpy(&value, p, 4);
    return _mm256_set1_epi32(value);
  }
  static Int zero() { return _mm256_setzero_si256(); }
  static Int bytes(int value) { return _mm256_set1_epi8(char(value)); }
  static Int and_(Int a, Int b) { return _mm256_and_si256(a, b); }
  static Int or_(Int a, Int b) { return _mm256_or_si256(a, b); }
  static Int sub(Int a, Int b) { return _mm256_sub_epi32(a, b); }
  static Int sub_bytes(Int a, Int b) { return _mm256_sub_epi8(a, b); }
  // Shifts move bits across the bytes of a word: mask afterwards.
  template <int n>
  static Int shift_left(Int a) {
    return _mm256_slli_epi16(a, n);
  }
  template <int n>
  static Int shift_right(Int a) {
    return _mm256_srli_epi16(a, n);
  }
  template <int n>  // to the left if positive
  static Int shift(Int a) {
    if constexpr (n > 0) return _mm256_slli_epi16(a, n);
    if constexpr (n < 0) return _mm256_srli_epi16(a, -n);
    return a;
  }
  static Int low_nibbles(Int a) { return and_(a, bytes(15)); }
  static Int high_nibbles(Int a) { return and_(_mm256_srli_epi16(a, 4), bytes(15)); }
  template <int factor>
  static Int times(Int a) {
    if constexpr ((factor & (factor - 1)) == 0) {
      return _mm256_slli_epi32(a, __builtin_ctz(factor));
    } else {
      return _mm256_mullo_epi32(a, _mm256_set1_epi32(factor));
    }
  }

  static Int table(const int8_t (&values)[16]) {
    return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(values)));
  }
  static Int lookup(Int table, Int index) { return _mm256_shuffle_epi8(table, index); }

  // One 16-bit word a row, zero-extended.
  static Int words(const uint8_t* p) {
    return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  // Nibble i of the low word of each lane becomes byte i.
  static Int nibbles_to_bytes(Int a) {
    const Int two = and_(or_(a, _mm256_slli_epi32(a, 8)), _mm256_set1_epi32(0x00ff00ff));
    return and_(or_(two, _mm256_slli_epi32(two, 4)), bytes(15));
  }

  // Byte j of each row in all four bytes of the row's lane.
  static Int same_bytes(Int bytes_of_rows, int j) {
    return _mm256_shuffle_epi8(bytes_of_rows, indices(0x01010101u * uint32_t(j), 0x04040404u));
  }

  // A scale is a factor for add_scaled: byte j of each row as both words of the row's lane.
  static Int scale_of_u8(Int bytes_of_rows, int j) {
    return _mm256_shuffle_epi8(bytes_of_rows, lanes(0x80008000u + 0x00010001u * uint32_t(j)));
  }
  static Int scale_of_s8(Int bytes_of_rows, int j) {
    const Int high =
        _mm256_shuffle_epi8(bytes_of_rows, lanes_high(0x00800080u + 0x01000100u * uint32_t(j)));
    return _mm256_srai_epi16(high, 8);
  }
  // Bytes 2 j and 2 j + 1 of each row as words, for add_pairs.
  static Int pair_of_u8(Int bytes_of_rows, int j) {
    return _mm256_shuffle_epi8(bytes_of_rows, lanes(0x80018000u + 0x00020002u * uint32_t(j)));
  }
  static Int pair_of_s8(Int bytes_of_rows, int j) {
    const Int high =
        _mm256_shuffle_epi8(bytes_of_rows, lanes_high(0x01800080u + 0x02000200u * uint32_t(j)));
    return _mm256_srai_epi16(high, 8);
  }
  // sum + the dot product of each row's pair with the two int16 at p.
  static Int add_pairs(Int sum, Int pairs, const uint8_t* p) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, dword(p)));
  }

  // Dot products, a unit of weights at a time. Products are summed in words, chain_length() units
  // of unsigned weights, one of signed ones; then the words are added to a lane's int32.
  static constexpr int kStep = 1;
  static constexpr int kSignedChain = 1;  // a word is at most 2 * 128 * 127
  static constexpr int chain_length(int max) { return word_chain_length(max); }
  static Int signed_start(int) { return zero(); }
  static Int add_products(Int words, const Int (&w)[1], const uint8_t* x) {
    return _mm256_add_epi16(words, _mm256_maddubs_epi16(w[0], dword(x)));
  }
  static Int add_signed_products(Int words, const Int (&w)[1], const uint8_t* x) {
    const Int signed_x = _mm256_sign_epi8(dword(x), w[0]);
    return _mm256_add_epi16(words, _mm256_maddubs_epi16(_mm256_abs_epi8(w[0]), signed_x));
  }
  static Int add_scaled(Int sum, Int words, Int scale) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(words, scale));
  }
  static Int add_widened(Int sum, Int words) {
    return add_scaled(sum, words, _mm256_set1_epi16(1));
  }

  static Float zero_float() { return _mm256_setzero_ps(); }
  static Float same(float value) { return _mm256_set1_ps(value); }
  static Float broadcast(const uint8_t* p) {
    float value;
    __builtin_memcpy(&value, p, 4);
    return _mm256_set1_ps(value);
  }
  static Float halves(const uint8_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static Float brain_halves(const uint8_t* p) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(words(p), 16));
  }
  static Float floats(const uint8_t* p) { return _mm256_castsi256_ps(load(p)); }
  // 2^(e - 128) of one byte e a row; e < 2 gives subnormals with one bit set.
  static Float half_powers_of_two(const uint8_t* p) {
    const Int e = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    const Int normal = _mm256_slli_epi32(sub(e, _mm256_set1_epi32(1)), 23);
    const Int subnormal = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), e);
    const Int is_normal = _mm256_cmpgt_epi32(e, _mm256_set1_epi32(1));
    return _mm256_castsi256_ps(_mm256_blendv_epi8(subnormal, normal, is_normal));
  }
  static Float to_float(Int a) { return _mm256_cvtepi32_ps(a); }
  static Float add_floats(Float a, Float b) { return _mm256_add_ps(a, b); }
  static Float mul(Float a, Float b) { return _mm256_mul_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm256_fmadd_ps(a, b, c); }
  static Float fnma(Float a, Float b, Float c) { return _mm256_fnmadd_ps(a, b, c); }
  static void store(float* p, Float a) { _mm256_storeu_ps(p, a); }

 protected:
  // Byte indices within a 128-bit lane: those of row 0 in `row0`, `step` more for each further row.
  // A byte of 0x80 selects zero and stays that.
  static Int indices(uint32_t row0, uint32_t step) {
    const Int steps =
        _mm256_broadcastsi128_si256(_mm_setr_epi32(0, int(step), int(2 * step), int(3 * step)));
    return _mm256_add_epi32(_mm256_set1_epi32(int(row0)), steps);
  }

 private:
  static Int lanes(uint32_t row0) { return indices(row0, 0x00040004u); }
  static Int lanes_high(uint32_t row0) { return indices(row0, 0x04000400u); }
};

}  // namespace
}  // namespace ridge::cpu
