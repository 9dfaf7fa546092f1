// Operand: the columns of a product, x quantised into the form that a weight's kernels take: column
// after column or, when there are enough to expand weights into panels, in tiles. Refers to memory
// that the caller owns; any thread may read it once it is filled.
#pragma once

#include <span>

#include "backend/tensor.h"
#include "cpu/ops/column_tiles.h"
#include "cpu/packed_weight.h"

namespace ridge::cpu {

class Operand {
 public:
  Operand() = default;
  Operand(const PackedWeight& weight, int64_t n_cols);

  // Whether the kernels of `weight` can read it.
  bool suits(const PackedWeight& weight) const;
  bool in_tiles() const { return in_tiles_; }
  bool is_plain() const { return format_ == ActivationFormat::kF32; }

  size_t n_bytes() const;
  // n_bytes() of memory on a cache line.
  void place_at(uint8_t* memory);
  // Plain columns can be the rows of x itself: such an operand needs no memory and no fill().
  void refer_to(const Tensor& x);

  // fill() may be called for different pieces at once. Column c is row rows[c] of x, or row c if
  // rows is empty.
  int64_t n_pieces() const { return in_tiles_ ? tiles_.n_tiles() : n_cols_; }
  void fill(const MatmulKernels& kernels, int64_t piece, const Tensor& x,
            std::span<const int32_t> rows);

  // For multiply(): column c lies at column(c).
  const uint8_t* column(int64_t c) const { return columns_ + size_t(c) * stride_; }
  size_t stride() const { return stride_; }  // bytes
  // For multiply_panels(): the tiles of a chunk, which begins with column `first`.
  const uint8_t* chunk(int64_t first) const { return tiles_.chunk(first); }

 private:
  ActivationFormat format_ = ActivationFormat::kF32;
  bool in_tiles_ = false;
  int64_t n_cols_ = 0;
  int64_t n_in_ = 0;
  ColumnTiles tiles_;
  const uint8_t* columns_ = nullptr;
  uint8_t* memory_ = nullptr;
  size_t stride_ = 0;
};

}  // namespace ridge::cpu
