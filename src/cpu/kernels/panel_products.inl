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
  constexpr int kUnits = kNeedsSums ? 4 : kCoding.run / 4;
  constexpr int kRunsOf32 = 8 / kUnits;
  for (int c = 0; c < C; ++c) sum[c] = Isa::zero();
  for (int g = 0; g < 8; ++g) {
    for (int part = 0; part < kRunsOf32; ++part) {
      const int run = kCoding.run == 32 ? g : 2 * g + part;
      const Int scale = Isa::load(scales + run * kUnit4);
      Int q[kUnits];
      load_units(units + (8 * g + 4 * part) * kUnit4, q);
      const uint8_t* at = x + Tile256::kQuants + 32 * kTileColumns * g + 16 * part;
      const uint8_t* sums = x + Tile256::kSumsOf16 + 4 * kTileColumns * g + 2 * part;
      for (int c = 0; c < C; ++c) {
        if constexpr (kCoding.is_signed) {
          sum[c] = Isa::add_dot_signed(sum[c], q, at + 32 * c, sums + 4 * c, scale);
        } else {
          sum[c] = Isa::template add_dot<kCoding.max>(sum[c], q, at + 32 * c, scale);
        }
      }
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
  BlockDots(const uint8_t* units, const uint8_t* x) : x_(x) { load_units(units, q_); }
  Int of(int c) const {
    if constexpr (kCoding.is_signed) return Isa::dot_signed(q_, x_ + 32 * c, nullptr);
    return Isa::template dot<kCoding.max>(q_, x_ + 32 * c);
  }

 private:
  const uint8_t* x_;
  Int q_[8];
};

}  // namespace
}  // namespace ridge::cpu
