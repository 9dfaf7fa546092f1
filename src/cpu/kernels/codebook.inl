// multiply() for the types whose values are few: looked up in a codebook in the file, or trits.
// Packed, a value is a code of 2, 3 or 4 bits (cpu/pack/codebook_fields.h), so that a kernel takes
// those of all rows apart at once. A type says how its codes become small unsigned bytes u; a
// weight is d · kFactor · scale · (kTimes · u - kOffset), with an integer scale for each run.
#pragma once

#include "cpu/kernels/quantized.inl"

namespace ridge::cpu {
namespace {

// Types have kRun, the elements that share a scale; kMax of u; load_32(), the bytes u of elements 32 g …
// of all rows; and how a scale's nibble s becomes a scale and a minimum, mostly 2 s + 1.

struct OddScales {
  static Int scale_of(Int nibbles) {
    return Isa::or_(Isa::shift_left<1>(nibbles), Isa::bytes(1));
  }
  static Int min_of(Int nibbles) { return scale_of(nibbles); }
};

template <int kRegisters>
inline void load_scale_nibbles(const uint8_t* w, Int (&nibbles)[kRegisters]) {
  for (int i = 0; i < kRegisters; i += 2) {
    const Int both = Isa::load(w + kUnit2 + i / 2 * kUnit4);
    nibbles[i] = Isa::low_nibbles(both);
    nibbles[i + 1] = Isa::high_nibbles(both);
  }
}

// 43 more than the six values.
alignas(16) constexpr int8_t kIq2Table[16] = {0, 18, 35, 51, 68, 86};

template <int kScaleUnits>
struct IQ2 : OddScales {  // d:2 scales:4 or 8 q:96
  static constexpr int kBytes = 2 + 4 * kScaleUnits + 96;
  static constexpr int kRun = 32 / kScaleUnits;
  static constexpr int kMax = 86;
  static constexpr int kTimes = 1;
  static constexpr int kOffset = 43;
  static constexpr float kFactor = 0.125f;  // the weights are d (s + 1/2) / 4 times a value
  static void load_32(const uint8_t* w, int g, Int (&q)[8]) {
    load_threes(w + kUnit2 + (kScaleUnits + 3 * g) * kUnit4, q);
    for (Int& v : q) v = Isa::lookup(Isa::table(kIq2Table), v);
  }
};
using IQ2_XXS = IQ2<1>;
using IQ2_XS = IQ2<2>;
using IQ2_S = IQ2<2>;

// Half of the sixteen values, plus 31.
alignas(16) constexpr int8_t kIq3Table[16] = {0,  5,  9,  13, 17, 21, 25, 29,
                                              33, 37, 41, 45, 49, 53, 57, 62};

struct IQ3_XXS : OddScales {  // d:2 scales:4 q:128
  static constexpr int kBytes = 134;
  static constexpr int kRun = 32;
  static constexpr int kMax = 62;
  static constexpr int kTimes = 1;
  static constexpr int kOffset = 31;
  static constexpr float kFactor = 0.5f;  // the weights are d (s + 1/2) / 2 times a value
  static void load_32(const uint8_t* w, int g, Int (&q)[8]) {
    load_nibbles(w + kUnit2 + (1 + 4 * g) * kUnit4, q);
    for (Int& v : q) v = Isa::lookup(Isa::table(kIq3Table), v);
  }
};

struct IQ3_S : OddScales {  // d:2 scales:4 q:128
  static constexpr int kBytes = 134;
  static constexpr int kRun = 32;
  static constexpr int kMax = 15;  // code c is the value 2 c - 15
  static constexpr int kTimes = 2;
  static constexpr int kOffset = 15;
  static constexpr float kFactor = 1.0f;
  static void load_32(const uint8_t* w, int g, Int (&q)[8]) {
    load_nibbles(w + kUnit2 + (1 + 4 * g) * kUnit4, q);
  }
};

// 32 codes of two bits, moved up to bit kTo.
template <int kTo>
[[gnu::always_inline]] inline void load_twos(const uint8_t* w, Int (&q)[8]) {
  const Int mask = Isa::bytes(3 << kTo);
  for (int i = 0; i < 2; ++i) {
    const Int four = Isa::load(w + i * kUnit4);
    q[4 * i] = Isa::and_(Isa::shift<kTo>(four), mask);
    q[4 * i + 1] = Isa::and_(Isa::shift<kTo - 2>(four), mask);
    q[4 * i + 2] = Isa::and_(Isa::shift<kTo - 4>(four), mask);
    q[4 * i + 3] = Isa::and_(Isa::shift<kTo - 6>(four), mask);
  }
}

// A scale's nibble is s + 8 where the delta is -1/8: eight times a weight is then s' (8 c - 9),
// else s' (8 c - 7), with s' = 2 s + 1.
alignas(16) constexpr int8_t kIq1Scales[16] = {1, 3, 5, 7, 9, 11, 13, 15,
                                               1, 3, 5, 7, 9, 11, 13, 15};
alignas(16) constexpr int8_t kIq1Mins[16] = {7, 21, 35, 49, 63, 77,  91,  105,
                                             9, 27, 45, 63, 81, 99, 117, int8_t(135)};
alignas(16) constexpr int8_t kIq1Deltas[16] = {2, 2, 2, 2, 2, 2, 2, 2};  // and 9 less is ±1 - 8

struct IQ1_S : OddScales {  // d:2 scales:4 q:64
  static constexpr int kBytes = 70;
  static constexpr int kRun = 32;
  static constexpr int kMax = 2;
  static constexpr int kTimes = 8;
  static constexpr int kOffset = 1;  // of minimums
  static constexpr float kFactor = 0.125f;
  static Int scale_of(Int nibbles) { return Isa::lookup(Isa::table(kIq1Scales), nibbles); }
  static Int min_of(Int nibbles) { return Isa::lookup(Isa::table(kIq1Mins), nibbles); }
  static void load_32(const uint8_t* w, int g, Int (&q)[8]) {
    load_twos<0>(w + kUnit2 + (1 + 2 * g) * kUnit4, q);
  }
};

struct IQ1_M : OddScales {  // d:2 scales:8 deltas:4 q:64
  static constexpr int kBytes = 78;
  static constexpr int kRun = 16;
  static constexpr int kMax = 9;  // 4 c, plus 1 where the delta is 1/8
  static constexpr int kTimes = 2;
  static constexpr int kOffset = 9;
  static constexpr float kFactor = 0.125f;
  static void load_32(const uint8_t* w, int g, Int (&q)[8]) {
    load_twos<2>(w + kUnit2 + (3 + 2 * g) * kUnit4, q);
    const Int both = Isa::same_bytes(Isa::load(w + kUnit2 + 2 * kUnit4), g / 2);
    const Int deltas = g % 2 == 0 ? both : Isa::high_nibbles(both);
    add_delta<0, 0>(deltas, q);
    add_delta<1, 2>(deltas, q);
    add_delta<2, 4>(deltas, q);
    add_delta<3, 6>(deltas, q);
  }

 private:
  // Bit kBit of a byte, to eight elements.
  template <int kBit, int kUnit>
  static void add_delta(Int deltas, Int (&q)[8]) {
    const Int delta = Isa::and_(Isa::shift<-kBit>(deltas), Isa::bytes(1));
    q[kUnit] = Isa::or_(q[kUnit], delta);
    q[kUnit + 1] = Isa::or_(q[kUnit + 1], delta);
  }
};

// Trits less one, times d: TQ1_0 and TQ2_0. A code of 3, which only TQ2_0 can hold, is 2.
struct Ternary {  // d:2 q:64
  static constexpr int kBytes = 66;
  static constexpr int kRun = 32;
  static constexpr int kMax = 3;
  static constexpr int kTimes = 1;
  static constexpr int kOffset = 1;
  static constexpr float kFactor = 1.0f;
  static Int scale_of(Int) { return Isa::bytes(1); }
  static Int min_of(Int) { return Isa::bytes(1); }
  static void load_32(const uint8_t* w, int g, Int (&q)[8]) {
    load_twos<0>(w + kUnit2 + 2 * g * kUnit4, q);
  }
};

// What multiply_columns() asks of a type.
template <class Type>
struct Coded {
  using Columns = Columns256;
  static constexpr int kElements = 256;
  static constexpr int kBytes = Type::kBytes;
  static constexpr int kRuns = 256 / Type::kRun;
  static constexpr int kScaleRegisters = kRuns / 4;

  template <int C>
  [[gnu::always_inline]] static void block(const uint8_t* w, const Columns& x, Float (&acc)[C]) {
    Int nibbles[kScaleRegisters];
    load_scale_nibbles(w, nibbles);
    Int scales[kRuns];
    for (int i = 0; i < kRuns; ++i) {
      scales[i] = Isa::scale_of_u8(Type::scale_of(nibbles[i / 4]), i % 4);
    }
    Int sum[C];
    for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
    for_groups<8, C>([&](int g) __attribute__((always_inline)) {
      add_32(w, g, scales, x, sum);
    });
    Int mins[2 * kScaleRegisters];
    for (int i = 0; i < 2 * kScaleRegisters; ++i) {
      mins[i] = Isa::pair_of_u8(Type::min_of(nibbles[i / 2]), i % 2);
    }
    const Float d = Isa::mul(Isa::halves(w), Isa::same(Type::kFactor));
    for (int c = 0; c < C; ++c) {
      const uint8_t* sums = Type::kRun == 32 ? x.sums_of_32(c) : x.sums_of_16(c);
      Int offset = Isa::zero();
      for (int i = 0; i < 2 * kScaleRegisters; ++i) {
        offset = Isa::add_pairs(offset, mins[i], sums + 4 * i);
      }
      const Int total = Isa::sub(Isa::template times<Type::kTimes>(sum[c]),
                                 Isa::template times<Type::kOffset>(offset));
      acc[c] = Isa::fma(Isa::to_float(total), Isa::mul(d, x.d(c)), acc[c]);
    }
  }

 private:
  template <int C>
  static void add_32(const uint8_t* w, int g, const Int (&scales)[kRuns], const Columns& x,
                     Int (&sum)[C]) {
    Int q[8];
    Type::load_32(w, g, q);
    const auto unit = [&q](int i) { return q[i]; };
    if constexpr (Type::kRun == 32) {
      add_dots<Type::kMax, 8>(sum, unit, x.run_of_32(g), scales[g]);
    } else {
      const auto next_unit = [&q](int i) { return q[4 + i]; };
      add_dots<Type::kMax, 4>(sum, unit, x.run_of_16(2 * g), scales[2 * g]);
      add_dots<Type::kMax, 4>(sum, next_unit, x.run_of_16(2 * g + 1), scales[2 * g + 1]);
    }
  }
};

}  // namespace
}  // namespace ridge::cpu
