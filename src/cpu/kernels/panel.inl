// multiply_panels(), written once over `Isa` like quantized.inl. A level's file
// includes its products first (panel_products.inl), which say how a panel's bytes lie. kTileValues
// values of up to kPanelRows rows are expanded to bytes once (the panel), then every tile of
// columns is multiplied with them. Sums of a row live in `out` between panels.
//
// A result has the bits that multiply() gives it: the same integers, the same f32 operations in the
// same order.
#pragma once

#include "cpu/kernels/activation.h"
#include "cpu/kernels/panel_coding.inl"

namespace ridge::cpu {
namespace {

inline Float load_floats(const float* p) {
  return Isa::floats(reinterpret_cast<const uint8_t*>(p));
}

// One group of a type with blocks of 256.
struct Panel256 {
  alignas(64) uint8_t q[64 * kUnit4];
  alignas(64) uint8_t scales[16 * kUnit4];  // factors for add_scaled, a vector for each run
  alignas(64) uint8_t pairs[8 * kUnit4];    // minimums or, of types with an offset, scales
  alignas(64) float d[kRows];
  alignas(64) float d_min[kRows];

  template <int kUnits>
  void set_q(int first, const Int (&units)[kUnits]) {
    store_units(q, first, units);
  }
  void set_scale(int run, Int v) { store_unit(scales + run * kUnit4, v); }
  void set_pair(int i, Int v) { store_unit(pairs + i * kUnit4, v); }
  template <int kUnits>
  void set_mins(const Int (&bytes)[kUnits]) {
    store_mins(pairs, bytes);
  }
};

// One group of a type with blocks of 32, eight blocks.
struct Panel32 {
  alignas(64) uint8_t q[64 * kUnit4];
  alignas(64) float d[8 * kRows];
  alignas(64) float m[8 * kRows];

  void set_q(int b, const Int (&units)[8]) { store_units(q, 8 * b, units); }
  void set_d(int b, Float v) { Isa::store(d + b * kRows, v); }
  void set_m(int b, Float v) { Isa::store(m + b * kRows, v); }
};

static_assert(sizeof(Panel256) * size_t(kPanelRows / kRows) <= kPanelBytes);
static_assert(sizeof(Panel32) * size_t(kPanelRows / kRows) <= kPanelBytes);

template <Coding kCoding, int C>
inline void add_tile(const Panel256& w, int, const uint8_t* x, Float (&acc)[C]) {
  Int sum[C];
  dot_scaled<kCoding>(w.q, w.scales, x, sum);
  Int offset[C];
  if constexpr (kCoding.min || kCoding.offset != 0) dot_pairs<kCoding.run>(w.pairs, x, offset);
  const Float d = load_floats(w.d);
  for (int c = 0; c < C; ++c) {
    const Float dx = Isa::broadcast(x + Tile256::kScales + 4 * c);
    Int total = sum[c];
    if constexpr (kCoding.offset != 0) {
      total = Isa::sub(total, Isa::template times<kCoding.offset>(offset[c]));
    }
    acc[c] = Isa::fma(Isa::to_float(total), Isa::mul(d, dx), acc[c]);
    if constexpr (kCoding.min) {
      const Float d_min = load_floats(w.d_min);
      acc[c] = Isa::fnma(Isa::to_float(offset[c]), Isa::mul(d_min, dx), acc[c]);
    }
  }
}

// Columns kFirst … kFirst + 3 of a tile, or what there is of them. Integers stay below 2^24, so
// that their f32 difference is exact.
template <Coding kCoding, int kFirst, int C>
inline void add_four_columns(const Panel32& w, int n_blocks, const uint8_t* x, Float (&acc)[C]) {
  constexpr int kEnd = C < kFirst + 4 ? C : kFirst + 4;
  for (int b = 0; b < n_blocks; ++b) {
    const BlockDots<kCoding, kFirst, kEnd> dots(w.q + 8 * b * kUnit4,
                                                x + Tile32::kQuants + 32 * kTileColumns * b);
    const Float d = load_floats(w.d + b * kRows);
    for (int c = kFirst; c < kEnd; ++c) {
      const size_t at = size_t(4 * (kTileColumns * b + c));
      Float dot = Isa::to_float(dots.of(c));
      if constexpr (kCoding.offset != 0) {
        dot = Isa::fnma(Isa::same(float(kCoding.offset)), Isa::broadcast(x + Tile32::kSums + at),
                        dot);
      }
      const Float scale = Isa::mul(d, Isa::broadcast(x + Tile32::kScales + at));
      acc[c] = Isa::fma(dot, scale, acc[c]);
      if constexpr (kCoding.min) {
        const Float m = load_floats(w.m + b * kRows);
        acc[c] = Isa::fma(m, Isa::broadcast(x + Tile32::kScaledSums + at), acc[c]);
      }
    }
  }
}

// Sums of more than four columns would not stay in registers.
template <Coding kCoding, int C>
inline void add_tile(const Panel32& w, int n_blocks, const uint8_t* x, Float (&acc)[C]) {
  add_four_columns<kCoding, 0>(w, n_blocks, x, acc);
  if constexpr (C > 4) add_four_columns<kCoding, 4>(w, n_blocks, x, acc);
}

// What the tiles of a panel's pass have in common.
struct Pass {
  int64_t n_groups;
  int n_blocks;  // in each group
  int64_t out_stride;
};

// out += panel · C columns of a tile.
template <class Type, int C>
void multiply_tile(const typename Type::Panel* panel, const Pass& pass, const uint8_t* x,
                   float* out) {
  for (int64_t g = 0; g < pass.n_groups; ++g, out += kRows) {
    Float acc[C];
    for (int c = 0; c < C; ++c) acc[c] = load_floats(out + c * pass.out_stride);
    add_tile<Type::kCoding>(panel[g], pass.n_blocks, x, acc);
    for (int c = 0; c < C; ++c) Isa::store(out + c * pass.out_stride, acc[c]);
  }
}

template <class Type>
constexpr size_t tile_bytes() {
  return Type::kElements == 256 ? Tile256::kBytes : Tile32::kBytes;
}

// All columns; x: the tiles of the panel's values.
template <class Type>
void multiply_tiles(const MultiplyPanelsArgs& args, const Pass& pass, const uint8_t* x) {
  const auto* panel = reinterpret_cast<const typename Type::Panel*>(args.panel);
  const int64_t n_tiles = (args.n_cols + kTileColumns - 1) / kTileColumns;
  const int64_t n_pairs = (args.n_cols + 1) / 2;
  for (int64_t t = 0; t < n_tiles; ++t, x += tile_bytes<Type>()) {
    const int64_t pair = n_pairs * t / n_tiles;
    float* out = args.out + 2 * pair * args.out_stride;
    switch (n_pairs * (t + 1) / n_tiles - pair) {
      case 1:
        multiply_tile<Type, 2>(panel, pass, x, out);
        break;
      case 2:
        multiply_tile<Type, 4>(panel, pass, x, out);
        break;
      case 3:
        multiply_tile<Type, 6>(panel, pass, x, out);
        break;
      default:
        multiply_tile<Type, 8>(panel, pass, x, out);
        break;
    }
  }
}

// Expands n_blocks blocks of each group. The next panel's bytes are asked for meanwhile: there are
// as many places to read as groups, which is more than the hardware follows.
template <class Type>
void expand_panel(const MultiplyPanelsArgs& args, const uint8_t* weights, int n_blocks) {
  auto* panel = reinterpret_cast<typename Type::Panel*>(args.panel);
  const int bytes = n_blocks * Type::kBytes * kRows;
  for (int64_t g = 0; g < args.n_groups; ++g, weights += args.group_bytes) {
    for (int i = 0; i < bytes; i += 64) __builtin_prefetch(weights + bytes + i);
    for (int b = 0; b < n_blocks; ++b) {
      Type::expand(weights + b * Type::kBytes * kRows, b, panel[g]);
    }
  }
}

template <class Type>
void multiply_panels(const MultiplyPanelsArgs& args) {
  const int64_t n_tiles = (args.n_cols + kTileColumns - 1) / kTileColumns;
  for (int64_t c = 0; c < (args.n_cols + 1) / 2 * 2; ++c) {
    __builtin_memset(args.out + c * args.out_stride, 0,
                     size_t(args.n_groups * kRows) * sizeof(float));
  }
  const uint8_t* weights = args.weights;
  const uint8_t* x = args.tiles;
  for (int64_t k = 0; k < args.n_in; k += kTileValues) {
    const int64_t n = args.n_in - k < kTileValues ? args.n_in - k : kTileValues;
    const auto n_blocks = int(n / Type::kElements);
    expand_panel<Type>(args, weights, n_blocks);
    multiply_tiles<Type>(args, {args.n_groups, n_blocks, args.out_stride}, x);
    weights += n_blocks * Type::kBytes * kRows;
    x += size_t(n_tiles) * tile_bytes<Type>();
  }
}

template <class Type>
void install_panel(MatmulKernels& kernels, DType dtype, int min_columns) {
  kernels.formats[int(dtype)].multiply_panels = multiply_panels<Type>;
  kernels.formats[int(dtype)].min_panel_columns = min_columns;
}

}  // namespace
}  // namespace ridge::cpu
