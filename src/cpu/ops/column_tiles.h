// ColumnTiles: x of a product with many columns, quantised in the tiles that panel kernels read.
// Columns are cut into chunks whose results fit a member's tile; each chunk has tiles of its own.
#pragma once

#include <span>

#include "backend/tensor.h"
#include "cpu/context.h"

namespace ridge::cpu {

class ColumnTiles {
 public:
  static constexpr int64_t kChunkColumns = 512;

  ColumnTiles() = default;
  ColumnTiles(ActivationFormat format, int64_t n_cols, int64_t n_in);

  size_t n_bytes() const {
    return chunk_bytes(kChunkColumns) * size_t(n_cols_ / kChunkColumns) +
           chunk_bytes(n_cols_ % kChunkColumns);
  }
  // n_bytes() of memory to keep the tiles in, on a cache line.
  void place_at(uint8_t* memory) { memory_ = memory; }

  // Columns of a chunk that begins with column `first`, a multiple of kChunkColumns.
  int64_t columns_of_chunk(int64_t first) const {
    return n_cols_ - first < kChunkColumns ? n_cols_ - first : kChunkColumns;
  }
  const uint8_t* chunk(int64_t first) const {
    return memory_ + chunk_bytes(kChunkColumns) * size_t(first / kChunkColumns);
  }

  // Tiles of all chunks; fill() may be called for different ones at once.
  int64_t n_tiles() const;
  // Quantises the columns of one tile. Column c is row rows[c] of x, or row c if rows is empty.
  void fill(const MatmulKernels& kernels, int64_t tile, const Tensor& x,
            std::span<const int32_t> rows);

 private:
  size_t chunk_bytes(int64_t n_cols) const;

  ActivationFormat format_ = ActivationFormat::kF32;
  int64_t n_cols_ = 0;
  int64_t n_in_ = 0;
  uint8_t* memory_ = nullptr;
};

}  // namespace ridge::cpu
