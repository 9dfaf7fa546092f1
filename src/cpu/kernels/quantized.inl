// multiply() for the quantised types, written once over a vector instruction set and compiled by
// each level's own file, which defines `Isa` first (avx2/instructions.h shows what it is).
//
// A group is kRows rows in the layout of cpu/pack/unit_layout.h: one register holds the same 4
// bytes of each row, the matching 4 activations are broadcast from L1, and a lane sums one row. So
// there is no horizontal addition, and one store writes the whole group.
//
// Per block b: out += d_w * d_x * (exact integer sum)  [- or + a second such term], fused, b
// ascending. That is the whole f32 arithmetic of a type, and it is the same for every number of
// columns.
#pragma once

#include "cpu/kernels/matmul_kernels.h"

namespace ridge::cpu {
namespace {

using Int = Isa::Int;
using Float = Isa::Float;
constexpr int kRows = Isa::kRows;
constexpr int kUnit4 = 4 * kRows;  // bytes of a 4-byte unit of all rows
constexpr int kUnit2 = 2 * kRows;

// A column of x, and where its arrays begin.
struct Column32 {
  Column32() = default;
  Column32(const uint8_t* column, int64_t n)
      : q(column), d(column + n), scaled_sum(column + n + n / 8), sum(column + n + n / 4) {}
  const uint8_t* q;           // 32 bytes a block
  const uint8_t* d;           // f32 a block
  const uint8_t* scaled_sum;  // f32 a block
  const uint8_t* sum;         // int32 a block
};
struct Column256 {
  Column256() = default;
  Column256(const uint8_t* column, int64_t n)
      : q(column),
        d(column + n),
        sums_of_32(column + n + n / 64),
        sums_of_16(column + n + n / 64 + n / 16) {}
  const uint8_t* q;           // 256 bytes a block
  const uint8_t* d;           // f32 a block
  const uint8_t* sums_of_32;  // 8 int16 a block
  const uint8_t* sums_of_16;  // 16 int16 a block
};

// 32 nibbles of each row from four units; the high nibbles belong to elements 16-31.
inline void load_nibbles(const uint8_t* w, Int (&q)[8]) {
  for (int i = 0; i < 4; ++i) {
    const Int both = Isa::load(w + i * kUnit4);
    q[i] = Isa::low_nibbles(both);
    q[i + 4] = Isa::high_nibbles(both);
  }
}

// d * (q - kOffset), q up to kMax.
template <int kOffset, int kMax, int C>
inline void add_offset_block(Float d, const Int (&q)[8], const Column32* x, int64_t b,
                             Float (&acc)[C]) {
  for (int c = 0; c < C; ++c) {
    const Int offset = Isa::times<kOffset>(Isa::dword(x[c].sum + 4 * b));
    const Int dot = Isa::dot<kMax>(q, x[c].q + 32 * b);
    const Float scale = Isa::mul(d, Isa::broadcast(x[c].d + 4 * b));
    acc[c] = Isa::fma(Isa::to_float(Isa::sub(dot, offset)), scale, acc[c]);
  }
}

// d * q + m, q up to kMax.
template <int kMax, int C>
inline void add_min_block(Float d, Float m, const Int (&q)[8], const Column32* x, int64_t b,
                          Float (&acc)[C]) {
  for (int c = 0; c < C; ++c) {
    const Int dot = Isa::dot<kMax>(q, x[c].q + 32 * b);
    const Float scale = Isa::mul(d, Isa::broadcast(x[c].d + 4 * b));
    acc[c] = Isa::fma(Isa::to_float(dot), scale, acc[c]);
    acc[c] = Isa::fma(m, Isa::broadcast(x[c].scaled_sum + 4 * b), acc[c]);
  }
}

// d * q, q a signed byte.
template <int C>
inline void add_signed_block(Float d, const Int (&q)[8], const Column32* x, int64_t b,
                             Float (&acc)[C]) {
  for (int c = 0; c < C; ++c) {
    const Int dot = Isa::dot_signed(q, x[c].q + 32 * b, x[c].sum + 4 * b);
    const Float scale = Isa::mul(d, Isa::broadcast(x[c].d + 4 * b));
    acc[c] = Isa::fma(Isa::to_float(dot), scale, acc[c]);
  }
}

// Values that lie together as cpu/pack/bit_fields.h has them.
inline void load_threes(const uint8_t* w, Int (&q)[8]) {
  const Int a = Isa::load(w);
  const Int b = Isa::load(w + kUnit4);
  const Int c = Isa::load(w + 2 * kUnit4);
  const Int seven = Isa::bytes(7);
  const Int two = Isa::bytes(3);
  const Int third = Isa::bytes(4);
  q[0] = Isa::and_(a, seven);
  q[1] = Isa::and_(Isa::shift_right<3>(a), seven);
  q[2] = Isa::and_(b, seven);
  q[3] = Isa::and_(Isa::shift_right<3>(b), seven);
  q[4] = Isa::and_(c, seven);
  q[5] = Isa::and_(Isa::shift_right<3>(c), seven);
  q[6] = Isa::or_(Isa::and_(Isa::shift_right<6>(a), two), Isa::and_(Isa::shift_right<4>(b), third));
  q[7] = Isa::or_(Isa::and_(Isa::shift_right<6>(c), two), Isa::and_(Isa::shift_right<5>(b), third));
}

inline void load_fives(const uint8_t* w, Int (&q)[8]) {
  Int u[5];
  for (int i = 0; i < 5; ++i) u[i] = Isa::load(w + i * kUnit4);
  for (int i = 0; i < 5; ++i) q[i] = Isa::and_(u[i], Isa::bytes(31));
  const Int three = Isa::bytes(7);
  const Int fourth_and_fifth = Isa::bytes(24);
  q[5] = Isa::or_(Isa::and_(Isa::shift_right<5>(u[0]), three),
                  Isa::and_(Isa::shift_right<2>(u[1]), fourth_and_fifth));
  q[6] = Isa::or_(Isa::and_(Isa::shift_right<5>(u[2]), three),
                  Isa::and_(Isa::shift_right<2>(u[3]), fourth_and_fifth));
  q[7] = Isa::or_(Isa::and_(Isa::shift_right<5>(u[4]), three),
                  Isa::or_(Isa::and_(Isa::shift_right<4>(u[1]), Isa::bytes(8)),
                           Isa::and_(Isa::shift_right<3>(u[3]), Isa::bytes(16))));
}

inline void load_sixes(const uint8_t* w, Int (&q)[4]) {
  Int u[3];
  for (int i = 0; i < 3; ++i) u[i] = Isa::load(w + i * kUnit4);
  for (int i = 0; i < 3; ++i) q[i] = Isa::and_(u[i], Isa::bytes(63));
  q[3] = Isa::or_(Isa::or_(Isa::and_(Isa::shift_right<6>(u[0]), Isa::bytes(3)),
                           Isa::and_(Isa::shift_right<4>(u[1]), Isa::bytes(12))),
                  Isa::and_(Isa::shift_right<2>(u[2]), Isa::bytes(48)));
}

struct Q4_0 {  // d:2 qs:16
  using Column = Column32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 18;
  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Int q[8];
    load_nibbles(w + kUnit2, q);
    add_offset_block<8, 15>(Isa::halves(w), q, x, b, acc);
  }
};

struct Q4_1 {  // d:2 m:2 qs:16
  using Column = Column32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 20;
  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Int q[8];
    load_nibbles(w + 2 * kUnit2, q);
    add_min_block<15>(Isa::halves(w), Isa::halves(w + kUnit2), q, x, b, acc);
  }
};

struct Q5_0 {  // d:2 q:20
  using Column = Column32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 22;
  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Int q[8];
    load_fives(w + kUnit2, q);
    add_offset_block<16, 31>(Isa::halves(w), q, x, b, acc);
  }
};

struct Q5_1 {  // d:2 m:2 q:20
  using Column = Column32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 24;
  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Int q[8];
    load_fives(w + 2 * kUnit2, q);
    add_min_block<31>(Isa::halves(w), Isa::halves(w + kUnit2), q, x, b, acc);
  }
};

struct Q8_0 {  // d:2 qs:32
  using Column = Column32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 34;
  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Int q[8];
    for (int i = 0; i < 8; ++i) q[i] = Isa::load(w + kUnit2 + i * kUnit4);
    add_signed_block(Isa::halves(w), q, x, b, acc);
  }
};

alignas(16) constexpr int8_t kIq4Table[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                              1,    13,   25,  38,  53,  69,  89,  113};

struct IQ4_NL {  // d:2 qs:16
  using Column = Column32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 18;
  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    const Int table = Isa::table(kIq4Table);
    Int q[8];
    load_nibbles(w + kUnit2, q);
    for (Int& v : q) v = Isa::lookup(table, v);
    add_signed_block(Isa::halves(w), q, x, b, acc);
  }
};

// Twice the E2M1 value, plus 12 to make it unsigned.
alignas(16) constexpr int8_t kMxfp4Table[16] = {12, 13, 14, 15, 16, 18, 20, 24,
                                                12, 11, 10, 9,  8,  6,  4,  0};

struct MXFP4 {  // e:1 qs:16
  using Column = Column32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 17;
  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    const Int table = Isa::table(kMxfp4Table);
    Int q[8];
    load_nibbles(w + kRows, q);
    for (Int& v : q) v = Isa::lookup(table, v);
    add_offset_block<12, 24>(Isa::half_powers_of_two(w), q, x, b, acc);
  }
};

// The 6-bit scales and minimums of Q4_K and Q5_K as bytes: vector g / 4 holds groups g, byte g % 4.
struct ScaleMins {
  explicit ScaleMins(const uint8_t* w) {
    const Int a = Isa::load(w);
    const Int b = Isa::load(w + kUnit4);
    const Int c = Isa::load(w + 2 * kUnit4);
    const Int six_bits = Isa::bytes(63);
    const Int upper_two = Isa::bytes(48);
    scale[0] = Isa::and_(a, six_bits);
    min[0] = Isa::and_(b, six_bits);
    scale[1] = Isa::or_(Isa::low_nibbles(c), Isa::and_(Isa::shift_right<2>(a), upper_two));
    min[1] = Isa::or_(Isa::high_nibbles(c), Isa::and_(Isa::shift_right<2>(b), upper_two));
  }
  Int scale[2];
  Int min[2];
};

// acc += d * dx * sum - dmin * dx * (minimums · sums of 32 activations).
template <int C>
inline void finish_k_block(const uint8_t* w, const ScaleMins& packed, const Int (&sum)[C],
                           const Column256* x, int64_t b, Float (&acc)[C]) {
  const Float d = Isa::halves(w);
  const Float dmin = Isa::halves(w + kUnit2);
  Int mins[4];
  for (int i = 0; i < 4; ++i) mins[i] = Isa::pair_of_u8(packed.min[i / 2], i % 2);
  for (int c = 0; c < C; ++c) {
    Int offset = Isa::zero();
    for (int i = 0; i < 4; ++i) {
      offset = Isa::add_pairs(offset, mins[i], x[c].sums_of_32 + 16 * b + 4 * i);
    }
    const Float dx = Isa::broadcast(x[c].d + 4 * b);
    acc[c] = Isa::fma(Isa::to_float(sum[c]), Isa::mul(d, dx), acc[c]);
    acc[c] = Isa::fnma(Isa::to_float(offset), Isa::mul(dmin, dx), acc[c]);
  }
}

struct Q4_K {  // d:2 dmin:2 scales:12 qs:128
  using Column = Column256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 144;

  // Adds groups g and g + 1, the low and the high nibbles of the same units.
  template <int g, int C>
  static void add_groups(const uint8_t* w, const ScaleMins& packed, const Column* x, int64_t b,
                         Int (&sum)[C]) {
    const uint8_t* qs = w + 2 * kUnit2 + 3 * kUnit4 + (g / 2) * 8 * kUnit4;
    const int64_t at = 256 * b + 32 * g;
    Int q[8];
    for (int i = 0; i < 8; ++i) q[i] = Isa::low_nibbles(Isa::load(qs + i * kUnit4));
    const Int low = Isa::scale_of_u8(packed.scale[g / 4], g % 4);
    for (int c = 0; c < C; ++c) sum[c] = Isa::add_dot<15>(sum[c], q, x[c].q + at, low);
    for (int i = 0; i < 8; ++i) q[i] = Isa::high_nibbles(Isa::load(qs + i * kUnit4));
    const Int high = Isa::scale_of_u8(packed.scale[g / 4], g % 4 + 1);
    for (int c = 0; c < C; ++c) sum[c] = Isa::add_dot<15>(sum[c], q, x[c].q + at + 32, high);
  }

  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    const ScaleMins packed(w + 2 * kUnit2);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    add_groups<0>(w, packed, x, b, sum);
    add_groups<2>(w, packed, x, b, sum);
    add_groups<4>(w, packed, x, b, sum);
    add_groups<6>(w, packed, x, b, sum);
    finish_k_block(w, packed, sum, x, b, acc);
  }
};

struct Q5_K {  // d:2 dmin:2 scales:12 q:160
  using Column = Column256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 176;

  template <int g, int C>
  static void add_group(const uint8_t* w, const ScaleMins& packed, const Column* x, int64_t b,
                        Int (&sum)[C]) {
    Int q[8];
    load_fives(w + 2 * kUnit2 + (3 + 5 * g) * kUnit4, q);
    const Int scale = Isa::scale_of_u8(packed.scale[g / 4], g % 4);
    for (int c = 0; c < C; ++c) {
      sum[c] = Isa::add_dot<31>(sum[c], q, x[c].q + 256 * b + 32 * g, scale);
    }
  }

  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    const ScaleMins packed(w + 2 * kUnit2);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    add_group<0>(w, packed, x, b, sum);
    add_group<1>(w, packed, x, b, sum);
    add_group<2>(w, packed, x, b, sum);
    add_group<3>(w, packed, x, b, sum);
    add_group<4>(w, packed, x, b, sum);
    add_group<5>(w, packed, x, b, sum);
    add_group<6>(w, packed, x, b, sum);
    add_group<7>(w, packed, x, b, sum);
    finish_k_block(w, packed, sum, x, b, acc);
  }
};

// acc += d * dx * (sum - kOffset * (scales · sums of 16 activations)); scales: 16 signed bytes a
// row.
template <int kOffset, int C>
inline void finish_offset_block(Float d, const Int (&scales)[4], const Int (&sum)[C],
                                const Column256* x, int64_t b, Float (&acc)[C]) {
  Int pairs[8];
  for (int i = 0; i < 8; ++i) pairs[i] = Isa::pair_of_s8(scales[i / 2], i % 2);
  for (int c = 0; c < C; ++c) {
    Int offset = Isa::zero();
    for (int i = 0; i < 8; ++i) {
      offset = Isa::add_pairs(offset, pairs[i], x[c].sums_of_16 + 32 * b + 4 * i);
    }
    const Float scale = Isa::mul(d, Isa::broadcast(x[c].d + 4 * b));
    acc[c] = Isa::fma(Isa::to_float(Isa::sub(sum[c], Isa::times<kOffset>(offset))), scale, acc[c]);
  }
}

struct Q6_K {  // q:192 scales:16 d:2
  using Column = Column256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 210;

  // Adds elements 16 (4 i + j) … of the block.
  template <int j, int C>
  static void add_16(const uint8_t* w, const Int (&scales)[4], int i, const Column* x, int64_t b,
                     Int (&sum)[C]) {
    Int q[4];
    load_sixes(w + 3 * (4 * i + j) * kUnit4, q);
    const Int scale = Isa::scale_of_s8(scales[i], j);
    const int64_t at = 256 * b + 64 * i + 16 * j;
    for (int c = 0; c < C; ++c) sum[c] = Isa::add_dot<63>(sum[c], q, x[c].q + at, scale);
  }

  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Int scales[4];
    for (int i = 0; i < 4; ++i) scales[i] = Isa::load(w + (48 + i) * kUnit4);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    for (int i = 0; i < 4; ++i) {
      add_16<0>(w, scales, i, x, b, sum);
      add_16<1>(w, scales, i, x, b, sum);
      add_16<2>(w, scales, i, x, b, sum);
      add_16<3>(w, scales, i, x, b, sum);
    }
    finish_offset_block<32>(Isa::halves(w + 52 * kUnit4), scales, sum, x, b, acc);
  }
};

struct Q2_K {  // scales:16 qs:64 d:2 dmin:2
  using Column = Column256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 84;

  template <int half, int g, int C>
  static void add_16(const uint8_t* w, const Int (&scales)[4], int h, const Column* x, int64_t b,
                     Int (&sum)[C]) {
    const uint8_t* qs = w + (4 + 8 * h + 4 * half) * kUnit4;
    const Int two_bits = Isa::bytes(3);
    Int q[4];
    for (int i = 0; i < 4; ++i) {
      q[i] = Isa::and_(Isa::shift<-2 * g>(Isa::load(qs + i * kUnit4)), two_bits);
    }
    const Int scale = Isa::scale_of_u8(scales[2 * h + g / 2], 2 * (g % 2) + half);
    const int64_t at = 256 * b + 128 * h + 32 * g + 16 * half;
    for (int c = 0; c < C; ++c) sum[c] = Isa::add_dot<3>(sum[c], q, x[c].q + at, scale);
  }

  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Int scales[4];
    Int mins[8];
    for (int i = 0; i < 4; ++i) {
      const Int both = Isa::load(w + i * kUnit4);
      scales[i] = Isa::low_nibbles(both);
      mins[2 * i] = Isa::pair_of_u8(Isa::high_nibbles(both), 0);
      mins[2 * i + 1] = Isa::pair_of_u8(Isa::high_nibbles(both), 1);
    }
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    for (int h = 0; h < 2; ++h) {
      add_16<0, 0>(w, scales, h, x, b, sum);
      add_16<0, 1>(w, scales, h, x, b, sum);
      add_16<0, 2>(w, scales, h, x, b, sum);
      add_16<0, 3>(w, scales, h, x, b, sum);
      add_16<1, 0>(w, scales, h, x, b, sum);
      add_16<1, 1>(w, scales, h, x, b, sum);
      add_16<1, 2>(w, scales, h, x, b, sum);
      add_16<1, 3>(w, scales, h, x, b, sum);
    }
    const Float d = Isa::halves(w + 20 * kUnit4);
    const Float dmin = Isa::halves(w + 20 * kUnit4 + kUnit2);
    for (int c = 0; c < C; ++c) {
      Int offset = Isa::zero();
      for (int i = 0; i < 8; ++i) {
        offset = Isa::add_pairs(offset, mins[i], x[c].sums_of_16 + 32 * b + 4 * i);
      }
      const Float dx = Isa::broadcast(x[c].d + 4 * b);
      acc[c] = Isa::fma(Isa::to_float(sum[c]), Isa::mul(d, dx), acc[c]);
      acc[c] = Isa::fnma(Isa::to_float(offset), Isa::mul(dmin, dx), acc[c]);
    }
  }
};

struct Q3_K {  // q:96 scales:12 d:2
  using Column = Column256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 110;

  // Group g of eight, which has two scales.
  template <int g, int C>
  static void add_group(const uint8_t* w, const Int (&scales)[4], const Column* x, int64_t b,
                        Int (&sum)[C]) {
    Int q[8];
    load_threes(w + 3 * g * kUnit4, q);
    const Int first[4] = {q[0], q[1], q[2], q[3]};
    const Int second[4] = {q[4], q[5], q[6], q[7]};
    const Int scale = Isa::scale_of_s8(scales[g / 2], 2 * (g % 2));
    const Int next_scale = Isa::scale_of_s8(scales[g / 2], 2 * (g % 2) + 1);
    const int64_t at = 256 * b + 32 * g;
    for (int c = 0; c < C; ++c) {
      sum[c] = Isa::add_dot<7>(sum[c], first, x[c].q + at, scale);
      sum[c] = Isa::add_dot<7>(sum[c], second, x[c].q + at + 16, next_scale);
    }
  }

  // A signed byte for each 16 elements.
  static void load_scales(const uint8_t* w, Int (&scales)[4]) {
    const Int a0 = Isa::load(w + 24 * kUnit4);
    const Int a1 = Isa::load(w + 25 * kUnit4);
    const Int a2 = Isa::load(w + 26 * kUnit4);
    const Int upper_two = Isa::bytes(48);
    const Int bias = Isa::bytes(32);
    const Int high[4] = {Isa::shift_left<4>(a2), Isa::shift_left<2>(a2), a2,
                         Isa::shift_right<2>(a2)};
    const Int low[4] = {Isa::low_nibbles(a0), Isa::low_nibbles(a1), Isa::high_nibbles(a0),
                        Isa::high_nibbles(a1)};
    for (int i = 0; i < 4; ++i) {
      scales[i] = Isa::sub_bytes(Isa::or_(low[i], Isa::and_(high[i], upper_two)), bias);
    }
  }

  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Int scales[4];
    load_scales(w, scales);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    add_group<0>(w, scales, x, b, sum);
    add_group<1>(w, scales, x, b, sum);
    add_group<2>(w, scales, x, b, sum);
    add_group<3>(w, scales, x, b, sum);
    add_group<4>(w, scales, x, b, sum);
    add_group<5>(w, scales, x, b, sum);
    add_group<6>(w, scales, x, b, sum);
    add_group<7>(w, scales, x, b, sum);
    finish_offset_block<4>(Isa::halves(w + 27 * kUnit4), scales, sum, x, b, acc);
  }
};

struct IQ4_XS {  // d:2 scales_h:2 scales_l:4 qs:128
  using Column = Column256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 136;

  template <int g, int C>
  static void add_group(const uint8_t* w, Int scales, const Column* x, int64_t b, Int (&sum)[C]) {
    const Int table = Isa::table(kIq4Table);
    Int q[8];
    load_nibbles(w + 2 * kUnit2 + kUnit4 + g * 4 * kUnit4, q);
    for (Int& v : q) v = Isa::lookup(table, v);
    const Int scale = Isa::scale_of_s8(scales, g / 2);
    for (int c = 0; c < C; ++c) {
      sum[c] = Isa::add_dot_signed(sum[c], q, x[c].q + 256 * b + 32 * g,
                                   x[c].sums_of_32 + 16 * b + 2 * g, scale);
    }
  }

  // A signed byte for each of the even groups, and of the odd ones.
  static void load_scales(const uint8_t* w, Int& even, Int& odd) {
    const Int low = Isa::load(w + 2 * kUnit2);
    const Int high = Isa::nibbles_to_bytes(Isa::words(w + kUnit2));
    const Int bias = Isa::bytes(32);
    const Int upper_two = Isa::bytes(48);
    even = Isa::sub_bytes(
        Isa::or_(Isa::low_nibbles(low), Isa::and_(Isa::shift_left<4>(high), upper_two)), bias);
    odd = Isa::sub_bytes(
        Isa::or_(Isa::high_nibbles(low), Isa::and_(Isa::shift_left<2>(high), upper_two)), bias);
  }

  template <int C>
  static void block(const uint8_t* w, const Column* x, int64_t b, Float (&acc)[C]) {
    Int even;
    Int odd;
    load_scales(w, even, odd);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    add_group<0>(w, even, x, b, sum);
    add_group<1>(w, odd, x, b, sum);
    add_group<2>(w, even, x, b, sum);
    add_group<3>(w, odd, x, b, sum);
    add_group<4>(w, even, x, b, sum);
    add_group<5>(w, odd, x, b, sum);
    add_group<6>(w, even, x, b, sum);
    add_group<7>(w, odd, x, b, sum);
    const Float d = Isa::halves(w);
    for (int c = 0; c < C; ++c) {
      const Float scale = Isa::mul(d, Isa::broadcast(x[c].d + 4 * b));
      acc[c] = Isa::fma(Isa::to_float(sum[c]), scale, acc[c]);
    }
  }
};

// A block takes long enough that the hardware's own prefetching, which follows loads, comes too
// late: asking this far ahead gained 20-45 % of a core's read rate on Zen 3. Past the last group it
// asks for whatever follows, which is harmless.
constexpr int kPrefetchBytes = 2048;

// All groups against C columns, starting with column `first`.
template <class Type, int C>
void multiply_columns(const MultiplyArgs& args, int64_t first) {
  typename Type::Column x[C];
  for (int c = 0; c < C; ++c) {
    x[c] = typename Type::Column(args.x + size_t(first + c) * args.x_stride, args.n_in);
  }
  const int64_t n_blocks = args.n_in / Type::kElements;
  for (int64_t g = 0; g < args.n_groups; ++g) {
    const uint8_t* w = args.weights + size_t(g) * args.group_bytes;
    Float acc[C];
    for (int c = 0; c < C; ++c) acc[c] = Isa::zero_float();
    for (int64_t b = 0; b < n_blocks; ++b, w += Type::kBytes * kRows) {
#pragma GCC unroll 64
      for (int i = 0; i < Type::kBytes * kRows; i += 64) __builtin_prefetch(w + kPrefetchBytes + i);
      Type::template block<C>(w, x, b, acc);
    }
    for (int c = 0; c < C; ++c) {
      Isa::store(args.out + (first + c) * args.out_stride + g * kRows, acc[c]);
    }
  }
}

// Columns that one pass over the weights takes, at most: as many as the registers hold.
template <class Type>
constexpr int max_columns() {
  if constexpr (requires { Type::kMaxColumns; }) return Type::kMaxColumns;
  return 4;
}

// multiply_columns<Type, n>, n in [1, C].
template <class Type, int C>
void multiply_n_columns(const MultiplyArgs& args, int64_t first, int64_t n) {
  if constexpr (C > 1) {
    if (n < C) return multiply_n_columns<Type, C - 1>(args, first, n);
  }
  multiply_columns<Type, C>(args, first);
}

// Passes are spread evenly: nine columns are three threes, not two fours and one.
template <class Type>
void multiply(DType, const MultiplyArgs& args) {
  constexpr int kMax = max_columns<Type>();
  const int64_t n_passes = (args.n_cols + kMax - 1) / kMax;
  for (int64_t pass = 0; pass < n_passes; ++pass) {
    const int64_t first = args.n_cols * pass / n_passes;
    const int64_t end = args.n_cols * (pass + 1) / n_passes;
    multiply_n_columns<Type, kMax>(args, first, end - first);
  }
}

template <class Type>
void install(MatmulKernels& kernels, DType dtype) {
  kernels.formats[int(dtype)] = {
      kRows, Type::kElements == 256 ? ActivationFormat::kBlock256 : ActivationFormat::kBlock32,
      multiply<Type>};
}

}  // namespace
}  // namespace ridge::cpu
