// Tensor: a non-owning view (dtype, shape, strides, buffer + offset) of memory that a back end
// owns. Shapes are row-major, outermost first: activations are [n_tokens, d_model]. Only the back
// end that made the buffer may look at the bytes. Plain values: copy them freely; the Buffer must
// outlive every view of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "base/check.h"
#include "tensor/dtype.h"

namespace ridge {

class Buffer {
 public:
  virtual ~Buffer() = default;
  virtual size_t size() const = 0;  // bytes
};
using BufferPtr = std::unique_ptr<Buffer>;

struct Tensor {
  DType dtype = DType::kF32;
  int rank = 0;
  std::array<int64_t, 4> shape{};
  std::array<int64_t, 4> stride{};  // in elements; the innermost is 1
  Buffer* buffer = nullptr;
  size_t offset = 0;  // bytes

  int64_t n_elements() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= shape[i];
    return n;
  }
  int64_t rows() const { return shape[0]; }
  int64_t cols() const { return shape[rank - 1]; }
  explicit operator bool() const { return buffer != nullptr; }
};

// A contiguous view of `shape` at `offset` bytes of `buffer`.
inline Tensor make_tensor(DType dtype, std::initializer_list<int64_t> shape, Buffer& buffer,
                          size_t offset) {
  Tensor t{.dtype = dtype, .rank = int(shape.size()), .buffer = &buffer, .offset = offset};
  int i = 0;
  for (int64_t n : shape) t.shape[i++] = n;
  int64_t stride = 1;
  for (i = t.rank - 1; i >= 0; --i) {
    t.stride[i] = stride;
    stride *= t.shape[i];
  }
  return t;
}

// Rows [begin, begin + n) of the outermost dimension.
inline Tensor slice_rows(Tensor t, int64_t begin, int64_t n) {
  RIDGE_DCHECK(begin >= 0 && n >= 0 && begin + n <= t.shape[0]);
  t.offset += size_t(row_bytes(t.dtype, begin * t.stride[0]));
  t.shape[0] = n;
  return t;
}

// Columns [begin, begin + n) of the innermost dimension; begin is a multiple of the block size.
inline Tensor slice_cols(Tensor t, int64_t begin, int64_t n) {
  RIDGE_DCHECK(begin >= 0 && n >= 0 && begin + n <= t.cols());
  t.offset += size_t(row_bytes(t.dtype, begin));
  t.shape[t.rank - 1] = n;
  return t;
}

// [n, heads * dim] seen as [n, heads, dim]; rows may be strided.
inline Tensor split_heads(const Tensor& t, int64_t n_heads) {
  RIDGE_DCHECK(t.rank == 2 && t.shape[1] % n_heads == 0);
  Tensor out = t;
  const int64_t dim = t.shape[1] / n_heads;
  out.rank = 3;
  out.shape = {t.shape[0], n_heads, dim, 0};
  out.stride = {t.stride[0], dim, 1, 0};
  return out;
}

// Head h of [n, heads, dim] as [n, dim].
inline Tensor head_of(const Tensor& t, int64_t h) {
  RIDGE_DCHECK(t.rank == 3 && h >= 0 && h < t.shape[1]);
  Tensor out = t;
  out.rank = 2;
  out.shape = {t.shape[0], t.shape[2]};
  out.stride = {t.stride[0], 1};
  out.offset += size_t(row_bytes(t.dtype, h * t.stride[1]));
  return out;
}

}  // namespace ridge
