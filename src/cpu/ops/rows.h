// Rows of an f32 tensor of rank 1 to 3, and a loop over them that asks the pool for help only where
// that pays.
#pragma once

#include "cpu/context.h"
#include "cpu/cpu_buffer.h"

namespace ridge::cpu {

// [n, d] has n rows; [n, heads, dim] has n·heads of them.
class Rows {
 public:
  explicit Rows(const Tensor& t)
      : data_(data_of<float>(t)),
        n_cols_(t.cols()),
        n_inner_(t.rank == 3 ? t.shape[1] : 1),
        n_rows_(t.rank == 1 ? 1 : t.shape[0] * n_inner_),
        outer_stride_(t.rank == 1 ? 0 : t.stride[0]),
        inner_stride_(t.rank == 3 ? t.stride[1] : 0) {
    RIDGE_DCHECK(t.dtype == DType::kF32 && t.rank >= 1 && t.rank <= 3);
  }
  int64_t size() const { return n_rows_; }
  int64_t cols() const { return n_cols_; }
  float* operator[](int64_t i) const {
    return data_ + i / n_inner_ * outer_stride_ + i % n_inner_ * inner_stride_;
  }

 private:
  float* data_;
  int64_t n_cols_;
  int64_t n_inner_;
  int64_t n_rows_;
  int64_t outer_stride_;
  int64_t inner_stride_;
};

// Calls fn(row) for each row. row_cost is in elements of simple work, about a quarter of a
// nanosecond each: a loop that ends sooner than a few barriers take stays on the calling thread.
template <class Fn>
void for_rows(Context& context, int64_t n_rows, int64_t row_cost, Fn fn) {
  constexpr int64_t kWorthSharing = 32768;
  if (n_rows < 2 || n_rows * row_cost < kWorthSharing || context.pool.size() == 1) {
    for (int64_t i = 0; i < n_rows; ++i) fn(i);
    return;
  }
  context.pool.run([&](int thread) {
    const Share share = share_of(n_rows, thread, context.pool.size());
    for (int64_t i = share.begin; i < share.end; ++i) fn(i);
  });
}

}  // namespace ridge::cpu
