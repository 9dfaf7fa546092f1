// What panel_products.inl has, with products of two rows and two columns. Two units of a panel are
// zipped: eight bytes of row 0, of row 1, of row 2, of row 3. In a tile eight bytes of a column are
// followed by the next column's (TileOrder::kRunsOf8). So sums of columns c and c + 1 are two
// registers, rows 0 and 1 of both columns and rows 2 and 3, until the block's integers are whole.
#pragma once

#include "cpu/kernels/activation.h"
#include "cpu/kernels/panel_coding.inl"

namespace ridge::cpu {
namespace {

template <int kUnits>
inline void store_units(uint8_t* units, int first, const Int (&v)[kUnits]) {
  for (int i = 0; i < kUnits; i += 2) {
    Isa::store_zipped(units + (first + i) * kUnit4, v[i], v[i + 1]);
  }
}
template <int kUnits>
inline void store_mins(uint8_t* mins, const Int (&bytes)[kUnits]) {
  store_units(mins, 0, bytes);
}

template <int C>
inline void set_zero(Int (&sum)[C]) {
  for (Int& v : sum) v = Isa::zero();
}

// Adds kSteps times eight elements.
template <int kSteps, int C>
inline void add_products(const uint8_t* rows, const uint8_t* columns, Int (&sum)[C]) {
  for (int s = 0; s < kSteps; ++s) {
    const Int upper = Isa::load(rows + 2 * s * kUnit4);
    const Int lower = Isa::load(rows + (2 * s + 1) * kUnit4);
    for (int c = 0; c < C; c += 2) {
      const Int x = Isa::load(columns + 8 * (kTileColumns * s + c));
      sum[c] = Isa::multiply_twos(sum[c], upper, x);
      sum[c + 1] = Isa::multiply_twos(sum[c + 1], lower, x);
    }
  }
}

// From sums of two columns to one column a register.
template <int C>
inline void part_columns(Int (&sum)[C]) {
  for (int c = 0; c < C; c += 2) {
    const Int upper = sum[c];
    const Int lower = sum[c + 1];
    sum[c] = Isa::even_lanes(upper, lower);
    sum[c + 1] = Isa::odd_lanes(upper, lower);
  }
}

template <Coding kCoding, int C>
inline void dot_scaled(const uint8_t* units, const uint8_t* scales, const uint8_t* x,
                       Int (&sum)[C]) {
  static_assert(kCoding.max <= 127);
  constexpr int kSteps = kCoding.run / 8;
  set_zero(sum);
  for (int run = 0; run < 256 / kCoding.run; ++run) {
    Int dot[C];
    set_zero(dot);
    add_products<kSteps>(units + 2 * kSteps * kUnit4 * run,
                         x + Tile256::kQuants + kCoding.run * kTileColumns * run, dot);
    const Int scale = Isa::load(scales + run * kUnit4);
    const Int upper = Isa::twice_lower(scale);
    const Int lower = Isa::twice_upper(scale);
    for (int c = 0; c < C; c += 2) {
      sum[c] = Isa::add_product(sum[c], dot[c], upper);
      sum[c + 1] = Isa::add_product(sum[c + 1], dot[c + 1], lower);
    }
  }
  part_columns(sum);
}

// The sums of x are in two parts, so that they fit in bytes: 128 * high + low.
template <int kRun, int C>
inline void dot_pairs(const uint8_t* mins, const uint8_t* x, Int (&offset)[C]) {
  constexpr int kSteps = 256 / kRun / 8;
  const uint8_t* high = x + (kRun == 32 ? Tile256::kSumsOf32 : Tile256::kSumsOf16);
  const uint8_t* low = high + 8 * kTileColumns * kSteps;
  set_zero(offset);
  add_products<kSteps>(mins, high, offset);
  for (Int& v : offset) v = Isa::times<128>(v);
  add_products<kSteps>(mins, low, offset);
  part_columns(offset);
}

template <Coding kCoding, int kFirst, int kEnd>
class BlockDots {
 public:
  BlockDots(const uint8_t* units, const uint8_t* x) {
    static_assert(kCoding.max <= 127);
    set_zero(dots_);
    add_products<4>(units, x + 8 * kFirst, dots_);
    part_columns(dots_);
  }
  Int of(int c) const { return dots_[c - kFirst]; }

 private:
  Int dots_[kEnd - kFirst];
};

}  // namespace
}  // namespace ridge::cpu
