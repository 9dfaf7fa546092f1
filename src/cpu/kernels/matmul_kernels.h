// Kernels of y = W·x. A level chooses for each tensor type how many rows of W lie together (a
// group, packed at load by cpu/pack/) and which form x takes; then multiply() does a run of groups
// against all columns of x.
//
// Batch invariance: multiply() gives the bits of out(row, column) from that row and that column
// alone. Integer dot products are exact; the f32 operations on them are the same, in the same order
// along n_in, however many columns or groups a call has.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/kernels/activation.h"
#include "tensor/dtype.h"

namespace ridge::cpu {

// How a column of x is stored for a kernel. Each quantised form is three arrays, one after the
// other: all int8 quants, then all scales, then all sums (see kernels/activation.h).
enum class ActivationFormat : uint8_t {
  kF32,       // as it came
  kBlock32,   // int8 with an f32 scale for each 32 values
  kBlock256,  // int8 with an f32 scale for each 256 values
};
inline constexpr int kActivationFormats = 3;

struct MultiplyArgs {
  const uint8_t* weights;  // group g at weights + g * group_bytes
  size_t group_bytes;
  int64_t n_groups;
  int64_t n_in;
  ActivationFormat x_format;
  const uint8_t* x;  // column c at x + c * x_stride
  size_t x_stride;   // bytes
  int64_t n_cols;
  float* out;          // out(g, r, c) at out[c * out_stride + g * group_rows + r]
  int64_t out_stride;  // elements
};

// A product with many columns: kTileValues values of all groups are expanded to bytes once, into
// `panel`, which stays in the L1 cache while the tiles of x pass by.
struct MultiplyPanelsArgs {
  const uint8_t* weights;  // group g at weights + g * group_bytes
  size_t group_bytes;
  int64_t n_groups;  // at most kPanelRows rows
  int64_t n_in;
  const uint8_t* tiles;  // see kernels/activation.h; all tiles of values 0 … 255, then of 256 … 511
  int64_t n_cols;
  float* out;          // out(g, r, c) at out[c * out_stride + g * group_rows + r]; there is
  int64_t out_stride;  // room for an even number of columns
  uint8_t* panel;      // kPanelBytes of scratch, on a cache line
};
inline constexpr int64_t kPanelRows = 64;
inline constexpr size_t kPanelBytes = 24 << 10;

struct MatmulFormat {
  int group_rows = 0;  // 1: plain rows of the file
  ActivationFormat activation = ActivationFormat::kF32;
  // Null: the type has no kernel of its own at this level; its groups are decoded to f32 on the way
  // and multiplied as such.
  void (*multiply)(DType dtype, const MultiplyArgs& args) = nullptr;
  // The same bits for many columns, or null; worth it from min_panel_columns on.
  void (*multiply_panels)(const MultiplyPanelsArgs& args) = nullptr;
  int min_panel_columns = 0;
};

struct MatmulKernels {
  MatmulFormat formats[kDTypeCount];
  // Stores n values in a format; n is a multiple of its block. All levels give the same bytes.
  void (*quantize[kActivationFormats])(const float* x, int64_t n, uint8_t* out) = {};
  TileOrder tile_order = TileOrder::kRunsOf32;  // of all panels
};

namespace generic {
void install_matmul(MatmulKernels& kernels);
void install_quantize(MatmulKernels& kernels);
}  // namespace generic
// On a vector level install_matmul_float comes last but one: it takes in the types without kernels.
// install_panels adds to what the others chose.
namespace avx2 {
void install_matmul_block32(MatmulKernels& kernels);
void install_matmul_block256(MatmulKernels& kernels);
void install_matmul_codebook(MatmulKernels& kernels);
void install_matmul_float(MatmulKernels& kernels);
void install_panels(MatmulKernels& kernels);
void install_quantize(MatmulKernels& kernels);
}  // namespace avx2
namespace avx2_vnni {
void install_matmul_block32(MatmulKernels& kernels);
void install_matmul_block256(MatmulKernels& kernels);
void install_matmul_codebook(MatmulKernels& kernels);
void install_panels(MatmulKernels& kernels);
}  // namespace avx2_vnni
namespace avx512_vnni {
void install_matmul_block32(MatmulKernels& kernels);
void install_matmul_block256(MatmulKernels& kernels);
void install_matmul_codebook(MatmulKernels& kernels);
void install_matmul_float(MatmulKernels& kernels);
void install_panels(MatmulKernels& kernels);
}  // namespace avx512_vnni
namespace neon_dot {
void install_matmul_block32(MatmulKernels& kernels);
void install_matmul_block256(MatmulKernels& kernels);
void install_matmul_codebook(MatmulKernels& kernels);
void install_matmul_float(MatmulKernels& kernels);
void install_panels(MatmulKernels& kernels);
void install_quantize(MatmulKernels& kernels);
}  // namespace neon_dot
namespace neon_i8mm {
void install_panels(MatmulKernels& kernels);
}  // namespace neon_i8mm

}  // namespace ridge::cpu
