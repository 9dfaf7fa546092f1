#include "cpu/ops/product.h"

#include <algorithm>

#include "base/round_up.h"

namespace ridge::cpu {
namespace {

constexpr int64_t kDecodeRows = 256;
// With many columns, a block of rows is read once a pass: it must stay in the second-level cache.
constexpr int64_t kBlockBytes = int64_t{192} << 10;
constexpr int64_t kMostBlockUnits = 8;
constexpr int64_t kTileFloats = 8192;
// Of weights that stream by: a few microseconds, against a fraction of one to take the next share.
constexpr int64_t kGrainBytes = int64_t{32} << 10;
constexpr size_t kAheadBytes = size_t{128} << 10;     // of the second-level cache, 256 KiB at least
constexpr int64_t kStagingBytes = int64_t{64} << 10;  // packed and read at once: stays in cache
constexpr size_t kLineFloats = 64 / sizeof(float);

int64_t unit_bytes(const PackedWeight& weight) {
  return int64_t(weight.packed_row_bytes()) * kUnitRows;
}

int64_t rows_at_a_time(const PackedWeight& weight, int64_t n_cols) {
  if (n_cols <= kFewColumns) return kDecodeRows;
  return std::clamp<int64_t>(kBlockBytes / unit_bytes(weight), 1, kMostBlockUnits) * kUnitRows;
}

// For a type without kernels of its own: each group is decoded to f32, transposed, and multiplied.
void multiply_decoded(const MatmulKernels& kernels, const PackedWeight& weight, MultiplyArgs args,
                      float* panel) {
  const DTypeInfo& type = info(weight.dtype());
  const int group_rows = weight.format().group_rows;
  const int64_t n_in = weight.n_in();
  const size_t row_size = args.group_bytes / size_t(group_rows);
  float* row = panel + n_in * group_rows;
  const uint8_t* at = args.weights;
  MultiplyArgs decoded = args;
  decoded.weights = reinterpret_cast<const uint8_t*>(panel);
  decoded.group_bytes = size_t(n_in * group_rows) * sizeof(float);
  decoded.n_groups = 1;
  for (int64_t g = 0; g < args.n_groups; ++g, decoded.out += group_rows) {
    for (int r = 0; r < group_rows; ++r, at += row_size) {
      type.decode(reinterpret_cast<const std::byte*>(at), row, n_in);
      for (int64_t k = 0; k < n_in; ++k) panel[k * group_rows + r] = row[k];
    }
    kernels.formats[int(DType::kF32)].multiply(DType::kF32, decoded);
  }
}

}  // namespace

void TileShape::fit(const PackedWeight& weight, int64_t n_cols) {
  const bool panels = Operand(weight, n_cols).in_tiles();
  const int64_t rows = panels ? kPanelRows : rows_at_a_time(weight, n_cols);
  const int64_t cols = panels ? ColumnTiles::kChunkColumns : kTileFloats / rows;
  const int64_t grain = panels ? kPanelRows / kUnitRows : kGrainBytes / unit_bytes(weight);
  rows_ = std::min(rows_, rows);
  if (weight.is_mapped()) {
    rows_ = std::min(rows_, std::max<int64_t>(1, kStagingBytes / unit_bytes(weight)) * kUnitRows);
    const size_t staging = weight.staging_bytes(rows_) / sizeof(float) + 1;
    staging_floats_ = std::max(staging_floats_, round_up(staging, kLineFloats));
  }
  cols_ = std::max(cols_, std::min(cols, n_cols));
  grain_ = std::max(grain_, grain);
  if (panels) {
    panel_floats_ = std::max(panel_floats_, kPanelBytes / sizeof(float));
  } else if (!weight.format().multiply) {
    const auto group_rows = size_t(weight.format().group_rows);
    panel_floats_ = std::max(panel_floats_, size_t(weight.n_in()) * (group_rows + 1));
  }
}

size_t TileShape::tile_floats() const {
  return round_up(size_t(rows_ * (cols_ + 1)), kLineFloats);
}

Workspaces::Workspaces(Context& context, const TileShape& shape)
    : tile_floats_(shape.tile_floats()),
      panel_floats_(round_up(shape.panel_floats(), kLineFloats)),
      floats_(2 * tile_floats_ + panel_floats_ + shape.staging_floats()),
      base_(reinterpret_cast<float*>(context.scratch.get(
          ScratchSlot::kTiles, floats_ * sizeof(float) * size_t(context.pool.size())))) {}

void multiply(const Context& context, const PackedWeight& weight, const Operand& x,
              const Part& part, const Workspace& space) {
  const MatmulFormat& format = weight.format();
  const int64_t first_group = part.rows.begin / format.group_rows;
  const int64_t end_group = (part.rows.end + format.group_rows - 1) / format.group_rows;
  const uint8_t* weights =
      weight.groups(part.matrix, first_group, end_group, reinterpret_cast<uint8_t*>(space.staging));
  if (x.in_tiles()) {
    return format.multiply_panels({.weights = weights,
                                   .group_bytes = weight.group_bytes(),
                                   .n_groups = end_group - first_group,
                                   .n_in = weight.n_in(),
                                   .tiles = x.chunk(part.cols.begin),
                                   .n_cols = part.cols.size(),
                                   .out = part.out,
                                   .out_stride = part.stride,
                                   .panel = reinterpret_cast<uint8_t*>(space.panel)});
  }
  const MultiplyArgs args{.weights = weights,
                          .group_bytes = weight.group_bytes(),
                          .n_groups = end_group - first_group,
                          .n_in = weight.n_in(),
                          .x_format = format.activation,
                          .x = x.column(part.cols.begin),
                          .x_stride = x.stride(),
                          .n_cols = part.cols.size(),
                          .out = part.out,
                          .out_stride = part.stride};
  if (format.multiply) {
    format.multiply(weight.dtype(), args);
  } else {
    multiply_decoded(context.kernels.matmul, weight, args, space.panel);
  }
}

WeightOrder::Run first_read(const PackedWeight& weight, int64_t matrix, Range rows) {
  const size_t n_bytes = size_t(rows.size()) * weight.packed_row_bytes();
  return {weight.address(matrix, rows.begin / weight.format().group_rows),
          std::min(n_bytes, kAheadBytes)};
}

}  // namespace ridge::cpu
