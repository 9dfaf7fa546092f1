// Integer products of a panel with a tile of columns, and the order of the panel's bytes that goes
// with them: a lane sums one row of one column. A level that multiplies otherwise
// includes a file with the same functions instead (neon_i8mm/products.inl).
#pragma once

#include "cpu/kernels/activation.h"
#include "cpu/kernels/panel_coding.inl"

namespace ridge::cpu {
namespace {

// Units first, first + 1, …; unit i has elements 4 i … 4 i + 3 of each row. Both numbers are even.
template <int kUnits>
inline void store_units(uint8_t* units, int first, const Int (&v)[kUnits]) {
  for (int i = 0; i < kUnits; ++i) store_unit(units + (first + i) * kUnit4, v[i]);
}
// The block's minimums, a byte each.
template <int kUnits>
inline void store_mins(uint8_t* pairs, const Int (&bytes)[kUnits]) {
  for (int i = 0; i < 2 * kUnits; ++i) {
    store_unit(pairs + i * kUnit4, Isa::pair_of_u8(bytes[i / 2], i % 2));
  }
}

// sum[c] = Σ scale * (bytes · x) over a block of 256; x: a Tile256.
template <Coding kCoding, int C>
inline void dot_scaled(const uint8_t* units, const uint8_t* scales, const uint8_t* x,
                       Int (&sum)[C]) {
  constexpr bool kNeedsSums = kCoding.is_signed && !MultipliesSigned<Isa>;  // which are of 16
  constexpr int kMax = kCoding.is_signed ? kSigned : kCoding.max;
  constexpr int kRun = kNeedsSums ? 16 : kCoding.run;
  for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
  for (int g = 0; g < 8; ++g) {
    const uint8_t* at = x + Tile256::kQuants + 32 * kTileColumns * g;
    for (int i = 0; i < 32; i += kRun) {
      const int scale = kCoding.run == 32 ? g : 2 * g + i / 16;
      add_dots<kMax, kRun / 4>(sum, Bytes{units + (8 * g + i / 4) * kUnit4},
                               Run<int16_t>{at + i, at, 32}, Isa::load(scales + scale * kUnit4));
    }
  }
}

// offset[c] = pairs · sums of x over a block of 256, each the sum of kRun elements; x: a Tile256.
template <int kRun, int C>
inline void dot_pairs(const uint8_t* pairs, const uint8_t* x, Int (&offset)[C]) {
  const uint8_t* sums = x + (kRun == 32 ? Tile256::kSumsOf32 : Tile256::kSumsOf16);
  for (int c = 0; c < C; ++c) offset[c] = Isa::zero();
  for (int i = 0; i < 128 / kRun; ++i) {
    const Int pair = Isa::load(pairs + i * kUnit4);
    for (int c = 0; c < C; ++c) {
      offset[c] = Isa::add_pairs(offset[c], pair, sums + 4 * (kTileColumns * i + c));
    }
  }
}

// bytes · x over a block of 32, for columns kFirst … kEnd - 1; x: the block's bytes in a Tile32.
template <Coding kCoding, int kFirst, int kEnd>
class BlockDots {
 public:
  BlockDots(const uint8_t* units, const uint8_t* x) {
    constexpr int kMax = kCoding.is_signed ? kSigned : kCoding.max;
    const uint8_t* first = x + 32 * kFirst;
    dots<kMax>(dot_, Bytes{units}, Run<int32_t>{first, first, 32});
  }
  Int of(int c) const { return dot_[c - kFirst]; }

 private:
  Int dot_[kEnd - kFirst];
};

}  // namespace
}  // namespace ridge::cpu
