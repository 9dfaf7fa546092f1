// What every product of packed weights is put together from: rows counted in units, tiles whose
// operands stay in cache, memory for each member of the pool. matmul.cpp and experts.cpp say which
// rows meet which columns.
#pragma once

#include "cpu/context.h"
#include "cpu/cpu_buffer.h"
#include "cpu/ops/operand.h"
#include "cpu/packed_weight.h"

namespace ridge::cpu {

inline constexpr int64_t kUnitRows = 16;  // rows are cut here: whole groups at every level

inline const PackedWeight& packed(const Weight& weight) {
  return static_cast<const PackedWeight&>(weight);
}

inline float* row_of(const Tensor& t, int64_t row) {
  return data_of<float>(t) + row * t.stride[0];
}

using Range = Share;  // of rows or columns

inline int64_t units_of(int64_t n_rows) {
  return (n_rows + kUnitRows - 1) / kUnitRows;
}
// The rows of units [begin, end) of a matrix that has n_rows.
inline Range rows_of_units(int64_t begin, int64_t end, int64_t n_rows) {
  return {begin * kUnitRows, end * kUnitRows < n_rows ? end * kUnitRows : n_rows};
}

// Columns of a tile of these rows lie this many floats apart: room for whole groups.
inline int64_t tile_stride(Range rows) {
  return units_of(rows.size()) * kUnitRows;
}

// How many rows and columns of products are made at a time.
class TileShape {
 public:
  // The shape must also do for products of this weight with n_cols columns.
  void fit(const PackedWeight& weight, int64_t n_cols);

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  int64_t grain() const { return grain_; }  // units that a member should take at once, at least
  size_t tile_floats() const;
  size_t panel_floats() const { return panel_floats_; }
  size_t staging_floats() const { return staging_floats_; }

  // Calls fn(rows, cols) for tiles that cover all rows and n_cols columns.
  template <class Fn>
  void for_each_tile(Range rows, int64_t n_cols, const Fn& fn) const {
    for (int64_t r = rows.begin; r < rows.end; r += rows_) {
      const Range block{r, r + rows_ < rows.end ? r + rows_ : rows.end};
      for (int64_t c = 0; c < n_cols; c += cols_) {
        fn(block, Range{c, c + cols_ < n_cols ? c + cols_ : n_cols});
      }
    }
  }

 private:
  int64_t rows_ = INT64_MAX;
  int64_t cols_ = 0;
  int64_t grain_ = 1;
  size_t panel_floats_ = 0;
  size_t staging_floats_ = 0;  // of mapped weights: for the groups of a tile's rows
};

// Memory of one member of the pool.
struct Workspace {
  float* tile;
  float* second_tile;
  float* panel;
  float* staging;
};

class Workspaces {
 public:
  Workspaces(Context& context, const TileShape& shape);
  Workspace of(int thread) const {
    float* at = base_ + size_t(thread) * floats_;
    return {at, at + tile_floats_, at + 2 * tile_floats_, at + 2 * tile_floats_ + panel_floats_};
  }

 private:
  size_t tile_floats_;
  size_t panel_floats_;
  size_t floats_;
  float* base_;
};

// A part of a product: (row, column) goes to out[(column - cols.begin) * stride + row -
// rows.begin]. Rows past n_out that complete the last group are written too and, in tiles, an odd
// last column has a neighbour that is.
struct Part {
  int64_t matrix;
  Range rows;
  Range cols;  // of an operand in tiles: a whole chunk
  float* out;
  int64_t stride;
};
void multiply(const Context& context, const PackedWeight& weight, const Operand& x,
              const Part& part, const Workspace& space);

inline constexpr int64_t kFewColumns = 4;  // so many go through the weights in one pass

// Where a member begins to read when these are its rows.
WeightOrder::Run first_read(const PackedWeight& weight, int64_t matrix, Range rows);

}  // namespace ridge::cpu
