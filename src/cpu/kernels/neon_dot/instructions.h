// NEON with SDOT as quantized.inl sees a vector instruction set: 4 rows a group, one row a 32-bit
// lane. Four products of signed bytes go straight into the lane's int32, with weights of either
// kind: the unsigned ones are at most 63. The activations are a lane of the second operand, so that
// one load serves four multiplications.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {
namespace {

struct NeonDot {
  using Int = int32x4_t;
  using Float = float32x4_t;
  static constexpr int kRows = 4;
  static constexpr bool kMultipliesSigned = true;  // as fast as unsigned
  static constexpr bool kSignedByOffset = false;

  static Int load(const uint8_t* p) { return ints(vld1q_u8(p)); }
  // The dword at p in every lane.
  static Int dword(const uint8_t* p) {
    int32_t value;
    __builtin_memcpy(&value, p, 4);
    return vdupq_n_s32(value);
  }
  static Int zero() { return vdupq_n_s32(0); }
  static Int bytes(int value) { return vreinterpretq_s32_s8(vdupq_n_s8(int8_t(value))); }
  static Int and_(Int a, Int b) { return vandq_s32(a, b); }
  static Int or_(Int a, Int b) { return vorrq_s32(a, b); }
  static Int sub(Int a, Int b) { return vsubq_s32(a, b); }
  static Int sub_bytes(Int a, Int b) { return ints(vsubq_u8(octets(a), octets(b))); }
  template <int n>
  static Int shift_left(Int a) {
    return ints(vshlq_n_u8(octets(a), n));
  }
  template <int n>
  static Int shift_right(Int a) {
    return ints(vshrq_n_u8(octets(a), n));
  }
  template <int n>  // to the left if positive
  static Int shift(Int a) {
    if constexpr (n > 0) return shift_left<n>(a);
    if constexpr (n < 0) return shift_right<-n>(a);
    return a;
  }
  static Int low_nibbles(Int a) { return and_(a, bytes(15)); }
  static Int high_nibbles(Int a) { return shift_right<4>(a); }
  template <int factor>
  static Int times(Int a) {
    return vmulq_n_s32(a, factor);
  }

  static Int table(const int8_t (&values)[16]) { return vreinterpretq_s32_s8(vld1q_s8(values)); }
  static Int lookup(Int table, Int index) { return ints(vqtbl1q_u8(octets(table), octets(index))); }

  // One 16-bit word a row, zero-extended.
  static Int words(const uint8_t* p) {
    return vreinterpretq_s32_u32(vmovl_u16(vreinterpret_u16_u8(vld1_u8(p))));
  }
  // Nibble i of the low word of each lane becomes byte i.
  static Int nibbles_to_bytes(Int a) {
    const Int two = and_(or_(a, vshlq_n_s32(a, 8)), vdupq_n_s32(0x00ff00ff));
    return and_(or_(two, vshlq_n_s32(two, 4)), bytes(15));
  }

  // Byte j of each row in all four bytes of the row's lane.
  static Int same_bytes(Int bytes_of_rows, int j) {
    return pick(bytes_of_rows, 0x01010101u * uint32_t(j), 0x04040404u);
  }

  // A scale is a factor for add_scaled: byte j of each row as an int32.
  static Int scale_of_u8(Int bytes_of_rows, int j) {
    return pick(bytes_of_rows, 0xffffff00u + uint32_t(j), 4);
  }
  static Int scale_of_s8(Int bytes_of_rows, int j) {
    return vshrq_n_s32(pick(bytes_of_rows, 0x00ffffffu + (uint32_t(j) << 24), 4u << 24), 24);
  }
  // For add_pairs: bytes 2 j of the rows as four words, then bytes 2 j + 1.
  static Int pair_of_u8(Int bytes_of_rows, int j) {
    return pick_words(bytes_of_rows, uint16_t(0xff00 + 2 * j), 1);
  }
  static Int pair_of_s8(Int bytes_of_rows, int j) {
    const Int high = pick_words(bytes_of_rows, uint16_t(0x00ff + 512 * j), 256);
    return vreinterpretq_s32_s16(vshrq_n_s16(vreinterpretq_s16_s32(high), 8));
  }
  // sum + the dot product of each row's pair with the two int16 at p.
  static Int add_pairs(Int sum, Int pairs, const uint8_t* p) {
    const int16x4_t x = vreinterpret_s16_s32(vget_low_s32(dword(p)));
    const int16x8_t both = vreinterpretq_s16_s32(pairs);
    sum = vmlal_lane_s16(sum, vget_low_s16(both), x, 0);
    return vmlal_high_lane_s16(sum, both, x, 1);
  }

  // Dot products, four units of weights at a time, straight into a lane's int32.
  static constexpr int kStep = 4;
  static constexpr int kSignedChain = 64;
  static constexpr int chain_length(int) { return 64; }
  static Int signed_start(int) { return zero(); }
  static Int add_products(Int sum, const Int (&w)[4], const uint8_t* x) {
    const int8x16_t sixteen = vreinterpretq_s8_u8(vld1q_u8(x));
    sum = vdotq_laneq_s32(sum, vreinterpretq_s8_s32(w[0]), sixteen, 0);
    sum = vdotq_laneq_s32(sum, vreinterpretq_s8_s32(w[1]), sixteen, 1);
    sum = vdotq_laneq_s32(sum, vreinterpretq_s8_s32(w[2]), sixteen, 2);
    return vdotq_laneq_s32(sum, vreinterpretq_s8_s32(w[3]), sixteen, 3);
  }
  static Int add_signed_products(Int sum, const Int (&w)[4], const uint8_t* x) {
    return add_products(sum, w, x);
  }
  static Int add_scaled(Int sum, Int dot, Int scale) { return vmlaq_s32(sum, dot, scale); }
  static Int add_widened(Int sum, Int dot) { return vaddq_s32(sum, dot); }

  static Float zero_float() { return vdupq_n_f32(0.0f); }
  static Float same(float value) { return vdupq_n_f32(value); }
  static Float broadcast(const uint8_t* p) {
    float value;
    __builtin_memcpy(&value, p, 4);
    return vdupq_n_f32(value);
  }
  static Float halves(const uint8_t* p) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p))); }
  static Float brain_halves(const uint8_t* p) {
    return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(p)), 16));
  }
  static Float floats(const uint8_t* p) { return vreinterpretq_f32_u8(vld1q_u8(p)); }
  // 2^(e - 128) of one byte e a row; e < 2 gives subnormals with one bit set.
  static Float half_powers_of_two(const uint8_t* p) {
    const uint8x8_t four = vreinterpret_u8_s32(vget_low_s32(dword(p)));
    const uint32x4_t e = vmovl_u16(vget_low_u16(vmovl_u8(four)));
    const uint32x4_t normal = vshlq_n_u32(vsubq_u32(e, vdupq_n_u32(1)), 23);
    const uint32x4_t subnormal = vshlq_u32(vdupq_n_u32(0x00200000u), vreinterpretq_s32_u32(e));
    return vreinterpretq_f32_u32(vbslq_u32(vcgtq_u32(e, vdupq_n_u32(1)), normal, subnormal));
  }
  static Float to_float(Int a) { return vcvtq_f32_s32(a); }
  static Float add_floats(Float a, Float b) { return vaddq_f32(a, b); }
  static Float mul(Float a, Float b) { return vmulq_f32(a, b); }
  static Float fma(Float a, Float b, Float c) { return vfmaq_f32(c, a, b); }
  static Float fnma(Float a, Float b, Float c) { return vfmsq_f32(c, a, b); }
  static void store(float* p, Float a) { vst1q_f32(p, a); }

 private:
  static Int ints(uint8x16_t a) { return vreinterpretq_s32_u8(a); }
  static uint8x16_t octets(Int a) { return vreinterpretq_u8_s32(a); }

  // Bytes by their indices: those of row 0 in `row0`, `step` more for each further row. An index of
  // 0xff gives zero; steps are such that it stays past the last byte.
  static Int pick(Int a, uint32_t row0, uint32_t step) {
    const uint32x4_t index = {row0, row0 + step, row0 + 2 * step, row0 + 3 * step};
    return ints(vqtbl1q_u8(octets(a), vreinterpretq_u8_u32(index)));
  }
  // As eight words: the rows' bytes by the indices in row0, then by those one place (`next`) on.
  static Int pick_words(Int a, uint16_t row0, uint16_t next) {
    const auto at = [&](int row, int place) { return uint16_t(row0 + (4 * row + place) * next); };
    const uint16x8_t index = {at(0, 0), at(1, 0), at(2, 0), at(3, 0),
                              at(0, 1), at(1, 1), at(2, 1), at(3, 1)};
    return ints(vqtbl1q_u8(octets(a), vreinterpretq_u8_u16(index)));
  }
};

}  // namespace
}  // namespace ridge::cpu
