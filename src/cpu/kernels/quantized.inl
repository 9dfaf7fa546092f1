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
#include "cpu/kernels/unroll.h"

namespace ridge::cpu {
namespace {

using Int = Isa::Int;
using Float = Isa::Float;
constexpr int kRows = Isa::kRows;
constexpr int kUnit4 = 4 * kRows;  // bytes of a 4-byte unit of all rows
constexpr int kUnit2 = 2 * kRows;

// A run of activations of some columns, and their sums, which some levels need with signed weights.
// Columns lie a stride apart, so that pointers to the first are all that a kernel has to keep.
template <class Sum>
struct Run {
  const uint8_t* q;
  const uint8_t* sums;
  size_t stride;
  const uint8_t* column(int c) const { return q + size_t(c) * stride; }
  int sum(int c) const {
    Sum value;
    __builtin_memcpy(&value, sums + size_t(c) * stride, sizeof value);
    return value;
  }
};

// The current block of some columns.
class Columns32 {
 public:
  Columns32(const uint8_t* first, size_t column_stride, int64_t n)
      : q_(first),
        d_(first + n),
        scaled_sum_(first + n + n / 8),
        sum_(first + n + n / 4),
        stride_(column_stride) {}
  Run<int32_t> run() const { return {q_, sum_, stride_}; }
  Float d(int c) const { return Isa::broadcast(d_ + size_t(c) * stride_); }
  Float scaled_sum(int c) const { return Isa::broadcast(scaled_sum_ + size_t(c) * stride_); }
  Int sum(int c) const { return Isa::dword(sum_ + size_t(c) * stride_); }
  void next_block() {
    q_ += 32;
    d_ += 4;
    scaled_sum_ += 4;
    sum_ += 4;
  }

 private:
  const uint8_t* q_;
  const uint8_t* d_;           // f32
  const uint8_t* scaled_sum_;  // f32
  const uint8_t* sum_;         // int32
  size_t stride_;
};
class Columns256 {
 public:
  Columns256(const uint8_t* first, size_t column_stride, int64_t n)
      : q_(first),
        d_(first + n),
        sums_of_32_(first + n + n / 64),
        sums_of_16_(first + n + n / 64 + n / 16),
        stride_(column_stride) {}
  Run<int16_t> run_of_32(int i) const { return {q_ + 32 * i, sums_of_32_ + 2 * i, stride_}; }
  Run<int16_t> run_of_16(int i) const { return {q_ + 16 * i, sums_of_16_ + 2 * i, stride_}; }
  Float d(int c) const { return Isa::broadcast(d_ + size_t(c) * stride_); }
  // int16, for add_pairs
  const uint8_t* sums_of_32(int c) const { return sums_of_32_ + size_t(c) * stride_; }
  const uint8_t* sums_of_16(int c) const { return sums_of_16_ + size_t(c) * stride_; }
  void next_block() {
    q_ += 256;
    d_ += 4;
    sums_of_32_ += 16;
    sums_of_16_ += 32;
  }

 private:
  const uint8_t* q_;
  const uint8_t* d_;  // f32
  const uint8_t* sums_of_32_;
  const uint8_t* sums_of_16_;
  size_t stride_;
};

constexpr int kSigned = -1;  // in place of the largest weight

// sum[c] = widen(sum[c], Σ w(i) · x(c)[i]), i < kUnits, w(i) the i-th unit of weights, unsigned up
// to kMax or kSigned. What widen() is given is as long as a chain of products may be. Each unit
// meets all columns before the next one is made: so few registers are enough for four columns.
template <int kMax, int kUnits, int C, class Units, class Sum, class Widen>
[[gnu::always_inline]] inline void add_chains(Int (&sum)[C], const Units& w, const Run<Sum>& x,
                                              const Widen& widen) {
  constexpr int kLongest = kMax == kSigned ? Isa::kSignedChain : Isa::chain_length(kMax);
  constexpr int kChain = kLongest < kUnits ? kLongest : kUnits;
  static_assert(kChain % Isa::kStep == 0 && kUnits % kChain == 0);
  unroll<kUnits / kChain>([&](auto chain) __attribute__((always_inline)) {
    Int words[C];
    unroll<C>([&](auto c) __attribute__((always_inline)) {
      words[c] = kMax == kSigned && chain == 0 ? Isa::signed_start(x.sum(c)) : Isa::zero();
    });
    unroll<kChain / Isa::kStep>([&](auto step) __attribute__((always_inline)) {
      constexpr int i = chain * kChain + step * Isa::kStep;
      Int v[Isa::kStep];
      unroll<Isa::kStep>([&](auto k) __attribute__((always_inline)) { v[k] = w(i + k); });
      unroll<C>([&](auto c) __attribute__((always_inline)) {
        const uint8_t* at = x.column(c) + 4 * i;
        if constexpr (kMax == kSigned) {
          words[c] = Isa::add_signed_products(words[c], v, at);
        } else {
          words[c] = Isa::add_products(words[c], v, at);
        }
      });
    });
    unroll<C>([&](auto c) __attribute__((always_inline)) { sum[c] = widen(sum[c], words[c]); });
  });
}

// sum[c] += scale * Σ w(i) · x(c)[i]
template <int kMax, int kUnits, int C, class Units, class Sum>
[[gnu::always_inline]] inline void add_dots(Int (&sum)[C], const Units& w, const Run<Sum>& x,
                                            Int scale) {
  add_chains<kMax, kUnits>(sum, w, x, [&](Int to, Int words) __attribute__((always_inline)) {
    return Isa::add_scaled(to, words, scale);
  });
}

// dot[c] = Σ w(i) · x(c)[i], i < 8
template <int kMax, int C, class Units, class Sum>
[[gnu::always_inline]] inline void dots(Int (&dot)[C], const Units& w, const Run<Sum>& x) {
  for (int c = 0; c < C; ++c) dot[c] = Isa::zero();
  add_chains<kMax, 8>(dot, w, x, [&](Int to, Int words) __attribute__((always_inline)) {
    return Isa::add_widened(to, words);
  });
}

// acc[c] += d * (q - kOffset) · x, q up to kMax.
template <int kOffset, int kMax, int C, class Units>
[[gnu::always_inline]] inline void add_offset_block(Float d, const Units& q, const Columns32& x,
                                                    Float (&acc)[C]) {
  Int dot[C];
  dots<kMax>(dot, q, x.run());
  for (int c = 0; c < C; ++c) {
    const Int offset = Isa::template times<kOffset>(x.sum(c));
    acc[c] = Isa::fma(Isa::to_float(Isa::sub(dot[c], offset)), Isa::mul(d, x.d(c)), acc[c]);
  }
}

// acc[c] += (d * q + m) · x, q up to kMax.
template <int kMax, int C, class Units>
[[gnu::always_inline]] inline void add_min_block(Float d, Float m, const Units& q,
                                                 const Columns32& x, Float (&acc)[C]) {
  Int dot[C];
  dots<kMax>(dot, q, x.run());
  for (int c = 0; c < C; ++c) {
    acc[c] = Isa::fma(Isa::to_float(dot[c]), Isa::mul(d, x.d(c)), acc[c]);
    acc[c] = Isa::fma(m, x.scaled_sum(c), acc[c]);
  }
}

// acc[c] += d * q · x, q a signed byte.
template <int C, class Units>
[[gnu::always_inline]] inline void add_signed_block(Float d, const Units& q, const Columns32& x,
                                                    Float (&acc)[C]) {
  Int dot[C];
  dots<kSigned>(dot, q, x.run());
  for (int c = 0; c < C; ++c) {
    acc[c] = Isa::fma(Isa::to_float(dot[c]), Isa::mul(d, x.d(c)), acc[c]);
  }
}

// How units come out of a group's bytes: unit i has elements 4 i … 4 i + 3 of each row. They are
// made one at a time, as they are needed.
struct Bytes {
  const uint8_t* w;
  Int operator()(int i) const { return Isa::load(w + i * kUnit4); }
};
struct LowNibbles {
  const uint8_t* w;
  Int operator()(int i) const { return Isa::low_nibbles(Isa::load(w + i * kUnit4)); }
};
struct HighNibbles {
  const uint8_t* w;
  Int operator()(int i) const { return Isa::high_nibbles(Isa::load(w + i * kUnit4)); }
};
// 32 nibbles of each row; the high ones belong to elements 16-31.
struct Nibbles {
  const uint8_t* w;
  Int operator()(int i) const { return i < 4 ? LowNibbles{w}(i) : HighNibbles{w}(i - 4); }
};
struct LookedUp {
  Int table;
  Nibbles nibbles;
  Int operator()(int i) const { return Isa::lookup(table, nibbles(i)); }
};

// Values that lie together as cpu/pack/bit_fields.h has them: most of them whole in a byte, the
// rest in the bits that are left over there.
template <int kBits>
struct Fields {
  const uint8_t* w;
  Int operator()(int i) const;
  // Bits of byte i that begin with bit `from` are shifted to bit `to`, where there are `n`.
  template <int from, int to, int n>
  Int bits(int i) const {
    return Isa::and_(Isa::template shift<to - from>(Bytes{w}(i)), Isa::bytes(((1 << n) - 1) << to));
  }
};

template <>
inline Int Fields<3>::operator()(int i) const {
  if (i == 6) return Isa::or_(bits<6, 0, 2>(0), bits<6, 2, 1>(1));
  if (i == 7) return Isa::or_(bits<6, 0, 2>(2), bits<7, 2, 1>(1));
  return i % 2 == 0 ? bits<0, 0, 3>(i / 2) : bits<3, 0, 3>(i / 2);
}

template <>
inline Int Fields<5>::operator()(int i) const {
  if (i == 5) return Isa::or_(bits<5, 0, 3>(0), bits<5, 3, 2>(1));
  if (i == 6) return Isa::or_(bits<5, 0, 3>(2), bits<5, 3, 2>(3));
  if (i == 7) {
    return Isa::or_(bits<5, 0, 3>(4), Isa::or_(bits<7, 3, 1>(1), bits<7, 4, 1>(3)));
  }
  return bits<0, 0, 5>(i);
}

template <>
inline Int Fields<6>::operator()(int i) const {
  if (i == 3) {
    return Isa::or_(Isa::or_(bits<6, 0, 2>(0), bits<6, 2, 2>(1)), bits<6, 4, 2>(2));
  }
  return bits<0, 0, 6>(i);
}

// All units at once.
template <class Units, int kUnits>
inline void make_units(const Units& units, Int (&q)[kUnits]) {
  for (int i = 0; i < kUnits; ++i) q[i] = units(i);
}
inline void load_nibbles(const uint8_t* w, Int (&q)[8]) {
  make_units(Nibbles{w}, q);
}
inline void load_threes(const uint8_t* w, Int (&q)[8]) {
  make_units(Fields<3>{w}, q);
}
inline void load_fives(const uint8_t* w, Int (&q)[8]) {
  make_units(Fields<5>{w}, q);
}
inline void load_sixes(const uint8_t* w, Int (&q)[4]) {
  make_units(Fields<6>{w}, q);
}

struct Q4_0 {  // d:2 qs:16
  using Columns = Columns32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 18;
  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    add_offset_block<8, 15>(Isa::halves(w), Nibbles{w + kUnit2}, x, acc);
  }
};

struct Q4_1 {  // d:2 m:2 qs:16
  using Columns = Columns32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 20;
  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    add_min_block<15>(Isa::halves(w), Isa::halves(w + kUnit2), Nibbles{w + 2 * kUnit2}, x, acc);
  }
};

struct Q5_0 {  // d:2 q:20
  using Columns = Columns32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 22;
  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    add_offset_block<16, 31>(Isa::halves(w), Fields<5>{w + kUnit2}, x, acc);
  }
};

struct Q5_1 {  // d:2 m:2 q:20
  using Columns = Columns32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 24;
  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    add_min_block<31>(Isa::halves(w), Isa::halves(w + kUnit2), Fields<5>{w + 2 * kUnit2}, x, acc);
  }
};

struct Q8_0 {  // d:2 qs:32
  using Columns = Columns32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 34;
  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    add_signed_block(Isa::halves(w), Bytes{w + kUnit2}, x, acc);
  }
};

alignas(16) constexpr int8_t kIq4Table[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                              1,    13,   25,  38,  53,  69,  89,  113};

struct IQ4_NL {  // d:2 qs:16
  using Columns = Columns32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 18;
  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    const LookedUp q{Isa::table(kIq4Table), {w + kUnit2}};
    add_signed_block(Isa::halves(w), q, x, acc);
  }
};

// Twice the E2M1 value, plus 12 to make it unsigned.
alignas(16) constexpr int8_t kMxfp4Table[16] = {12, 13, 14, 15, 16, 18, 20, 24,
                                                12, 11, 10, 9,  8,  6,  4,  0};

struct MXFP4 {  // e:1 qs:16
  using Columns = Columns32;
  static constexpr int kElements = 32;
  static constexpr int kBytes = 17;
  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    const LookedUp q{Isa::table(kMxfp4Table), {w + kRows}};
    add_offset_block<12, 24>(Isa::half_powers_of_two(w), q, x, acc);
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
  // A factor for each group, where a loop can index them.
  void spread(Int (&factors)[8]) const {
    for (int g = 0; g < 8; ++g) factors[g] = Isa::scale_of_u8(scale[g / 4], g % 4);
  }
  Int scale[2];
  Int min[2];
};

// acc += d * dx * sum - dmin * dx * (minimums · sums of 32 activations).
template <int C>
inline void finish_k_block(const uint8_t* w, const ScaleMins& packed, const Int (&sum)[C],
                           const Columns256& x, Float (&acc)[C]) {
  const Float d = Isa::halves(w);
  const Float dmin = Isa::halves(w + kUnit2);
  Int mins[4];
  for (int i = 0; i < 4; ++i) mins[i] = Isa::pair_of_u8(packed.min[i / 2], i % 2);
  for (int c = 0; c < C; ++c) {
    Int offset = Isa::zero();
    for (int i = 0; i < 4; ++i) {
      offset = Isa::add_pairs(offset, mins[i], x.sums_of_32(c) + 4 * i);
    }
    const Float dx = x.d(c);
    acc[c] = Isa::fma(Isa::to_float(sum[c]), Isa::mul(d, dx), acc[c]);
    acc[c] = Isa::fnma(Isa::to_float(offset), Isa::mul(dmin, dx), acc[c]);
  }
}

struct Q4_K {  // d:2 dmin:2 scales:12 qs:128
  using Columns = Columns256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 144;

  // Adds groups g and g + 1, the low and the high nibbles of the same units.
  template <int C>
  static void add_groups(const uint8_t* w, int g, const Int (&scales)[8], const Columns& x,
                         Int (&sum)[C]) {
    const uint8_t* qs = w + 2 * kUnit2 + 3 * kUnit4 + (g / 2) * 8 * kUnit4;
    add_dots<15, 8>(sum, LowNibbles{qs}, x.run_of_32(g), scales[g]);
    add_dots<15, 8>(sum, HighNibbles{qs}, x.run_of_32(g + 1), scales[g + 1]);
  }

  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    const ScaleMins packed(w + 2 * kUnit2);
    Int scales[8];
    packed.spread(scales);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    for_groups<4, C>(
        [&](int pair) __attribute__((always_inline)) { add_groups(w, 2 * pair, scales, x, sum); });
    finish_k_block(w, packed, sum, x, acc);
  }
};

struct Q5_K {  // d:2 dmin:2 scales:12 q:160
  using Columns = Columns256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 176;

  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    const ScaleMins packed(w + 2 * kUnit2);
    Int scales[8];
    packed.spread(scales);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    for_groups<8, C>([&](int g) __attribute__((always_inline)) {
      const Fields<5> q{w + 2 * kUnit2 + (3 + 5 * g) * kUnit4};
      add_dots<31, 8>(sum, q, x.run_of_32(g), scales[g]);
    });
    finish_k_block(w, packed, sum, x, acc);
  }
};

// acc += d * dx * (sum - kOffset * (scales · sums of 16 activations)); scales: 16 signed bytes a
// row.
template <int kOffset, int C>
inline void finish_offset_block(Float d, const Int (&scales)[4], const Int (&sum)[C],
                                const Columns256& x, Float (&acc)[C]) {
  Int pairs[8];
  for (int i = 0; i < 8; ++i) pairs[i] = Isa::pair_of_s8(scales[i / 2], i % 2);
  for (int c = 0; c < C; ++c) {
    Int offset = Isa::zero();
    for (int i = 0; i < 8; ++i) {
      offset = Isa::add_pairs(offset, pairs[i], x.sums_of_16(c) + 4 * i);
    }
    const Float scale = Isa::mul(d, x.d(c));
    acc[c] = Isa::fma(Isa::to_float(Isa::sub(sum[c], Isa::times<kOffset>(offset))), scale, acc[c]);
  }
}

struct Q6_K {  // scales:16 q:192 d:2
  using Columns = Columns256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 210;

  // Adds elements 16 (4 i + j) … of the block.
  template <int j, int C>
  static void add_16(const uint8_t* w, const Int (&scales)[4], int i, const Columns& x,
                     Int (&sum)[C]) {
    const Int scale = Isa::scale_of_s8(scales[i], j);
    add_dots<63, 4>(sum, Fields<6>{w + (4 + 3 * (4 * i + j)) * kUnit4}, x.run_of_16(4 * i + j),
                    scale);
  }

  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    Int scales[4];
    for (int i = 0; i < 4; ++i) scales[i] = Bytes{w}(i);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    for_groups<4, C>([&](int i) __attribute__((always_inline)) {
      add_16<0>(w, scales, i, x, sum);
      add_16<1>(w, scales, i, x, sum);
      add_16<2>(w, scales, i, x, sum);
      add_16<3>(w, scales, i, x, sum);
    });
    finish_offset_block<32>(Isa::halves(w + 52 * kUnit4), scales, sum, x, acc);
  }
};

struct Q2_K {  // scales:16 qs:64 d:2 dmin:2
  using Columns = Columns256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 84;

  template <int half, int g, int C>
  static void add_16(const uint8_t* w, const Int (&scales)[4], int h, const Columns& x,
                     Int (&sum)[C]) {
    const Fields<2> q{w + (4 + 8 * h + 4 * half) * kUnit4};
    const Int scale = Isa::scale_of_u8(scales[2 * h + g / 2], 2 * (g % 2) + half);
    const auto unit = [&](int i) { return q.template bits<2 * g, 0, 2>(i); };
    add_dots<3, 4>(sum, unit, x.run_of_16(8 * h + 2 * g + half), scale);
  }

  template <int C>
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
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
    for_groups<2, C>([&](int h) __attribute__((always_inline)) {
      add_16<0, 0>(w, scales, h, x, sum);
      add_16<0, 1>(w, scales, h, x, sum);
      add_16<0, 2>(w, scales, h, x, sum);
      add_16<0, 3>(w, scales, h, x, sum);
      add_16<1, 0>(w, scales, h, x, sum);
      add_16<1, 1>(w, scales, h, x, sum);
      add_16<1, 2>(w, scales, h, x, sum);
      add_16<1, 3>(w, scales, h, x, sum);
    });
    const Float d = Isa::halves(w + 20 * kUnit4);
    const Float dmin = Isa::halves(w + 20 * kUnit4 + kUnit2);
    for (int c = 0; c < C; ++c) {
      Int offset = Isa::zero();
      for (int i = 0; i < 8; ++i) {
        offset = Isa::add_pairs(offset, mins[i], x.sums_of_16(c) + 4 * i);
      }
      const Float dx = x.d(c);
      acc[c] = Isa::fma(Isa::to_float(sum[c]), Isa::mul(d, dx), acc[c]);
      acc[c] = Isa::fnma(Isa::to_float(offset), Isa::mul(dmin, dx), acc[c]);
    }
  }
};

struct Q3_K {  // scales:12 q:96 d:2
  using Columns = Columns256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = 110;

  // Group g of eight, which has two scales.
  template <int C>
  static void add_group(const uint8_t* w, int g, const Int (&scales)[4], const Columns& x,
                        Int (&sum)[C]) {
    const Fields<3> q{w + (3 + 3 * g) * kUnit4};
    const Int scale = Isa::scale_of_s8(scales[g / 2], 2 * (g % 2));
    add_dots<7, 4>(sum, q, x.run_of_16(2 * g), scale);
    const Int next_scale = Isa::scale_of_s8(scales[g / 2], 2 * (g % 2) + 1);
    add_dots<7, 4>(sum, [&](int i) { return q(4 + i); }, x.run_of_16(2 * g + 1), next_scale);
  }

  // A signed byte for each 16 elements.
  static void load_scales(const uint8_t* w, Int (&scales)[4]) {
    const Int a0 = Isa::load(w);
    const Int a1 = Isa::load(w + kUnit4);
    const Int a2 = Isa::load(w + 2 * kUnit4);
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
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    Int scales[4];
    load_scales(w, scales);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    for_groups<8, C>([&](int g)
                         __attribute__((always_inline)) { add_group(w, g, scales, x, sum); });
    finish_offset_block<4>(Isa::halves(w + 27 * kUnit4), scales, sum, x, acc);
  }
};

struct IQ4_XS {  // d:2 scales_h:2 scales_l:4 qs:128
  using Columns = Columns256;
  static constexpr bool kComputesLong = true;  // a byte, for ask_ahead()
  static constexpr int kElements = 256;
  static constexpr int kBytes = 136;

  template <int C>
  static void add_group(const uint8_t* w, int g, Int scale, const Columns& x, Int (&sum)[C]) {
    const LookedUp q{Isa::table(kIq4Table), {w + 2 * kUnit2 + kUnit4 + g * 4 * kUnit4}};
    add_dots<kSigned, 8>(sum, q, x.run_of_32(g), scale);
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
  static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    Int even;
    Int odd;
    load_scales(w, even, odd);
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    for_groups<4, C>([&](int i) __attribute__((always_inline)) {
      add_group(w, 2 * i, Isa::scale_of_s8(even, i), x, sum);
      add_group(w, 2 * i + 1, Isa::scale_of_s8(odd, i), x, sum);
    });
    const Float d = Isa::halves(w);
    for (int c = 0; c < C; ++c) {
      const Float scale = Isa::mul(d, x.d(c));
      acc[c] = Isa::fma(Isa::to_float(sum[c]), scale, acc[c]);
    }
  }
};

// How far ahead weights are asked for: a block takes long enough that the hardware's own
// prefetching, which follows loads, comes too late. Past the last group that asks for whatever
// follows, which is harmless.
//
// Where arithmetic takes about as long as memory, with several columns or in IQ4_XS, the two only
// overlap when what comes later is on its way to L2 long before: four columns of Q4_K went from 18
// to 30 GB/s that way on Zen 4, IQ4_XS from 16 to 28. One column of the others waits for memory
// alone, and asks for just as much as a core can have under way (on Zen 3 20-45 % more than
// without; a long block asks for as much as itself at once, so that twice as far ahead loses a
// tenth; what it needs first, its scales, comes first in it, since its end is asked for only when
// it begins).
template <class Type, int C>
[[gnu::always_inline]] inline void ask_ahead(const uint8_t* w) {
  constexpr bool kIsFar = C > 1 || requires { Type::kComputesLong; };
  constexpr int kNear = Type::kElements == 256 ? 1024 : 2048;
#pragma GCC unroll 64
  for (int i = 0; i < Type::kBytes * kRows; i += 64) {
    if constexpr (kIsFar) {
      __builtin_prefetch(w + 8192 + i, 0, 2);
    } else {
      __builtin_prefetch(w + kNear + i);
    }
  }
}

// All groups against C columns, starting with column `first`.
template <class Type, int C>
[[gnu::flatten, gnu::noinline]] void multiply_columns(const MultiplyArgs& args, int64_t first) {
  const int64_t n_blocks = args.n_in / Type::kElements;
  for (int64_t g = 0; g < args.n_groups; ++g) {
    const uint8_t* w = args.weights + size_t(g) * args.group_bytes;
    typename Type::Columns x(args.x + size_t(first) * args.x_stride, args.x_stride, args.n_in);
    Float acc[C];
    for (int c = 0; c < C; ++c) acc[c] = Isa::zero_float();
    for (int64_t b = 0; b < n_blocks; ++b, w += Type::kBytes * kRows, x.next_block()) {
      ask_ahead<Type, C>(w);
      Type::template block<C>(w, x, acc);
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
