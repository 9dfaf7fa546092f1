#include "cpu/ops/kv_write.h"

#include "cpu/ops/rows.h"

namespace ridge::cpu {
namespace {

// One of K and V: where its rows come from and how they are stored.
struct Half {
  const float* from;
  int64_t row_stride;
  int64_t head_stride;
  int64_t n_heads;
  int64_t dim;
  std::byte* cache;
  int64_t page_bytes;
  int64_t head_bytes;  // of a head's positions in a page
  int64_t position_bytes;
  void (*store)(std::byte* out, const float* x, int64_t n);
};

Half make_half(const VectorKernels& kernels, const Tensor& cache, const Tensor& x) {
  RIDGE_DCHECK(x.rank == 3 && cache.rank == 4 && cache.shape[1] == x.shape[1] &&
               cache.shape[3] == x.shape[2]);
  RIDGE_DCHECK(cache.dtype == DType::kF16 || cache.dtype == DType::kQ8_0);
  return {.from = data_of<float>(x),
          .row_stride = x.stride[0],
          .head_stride = x.stride[1],
          .n_heads = x.shape[1],
          .dim = x.shape[2],
          .cache = bytes_of(cache),
          .page_bytes = row_bytes(cache.dtype, cache.stride[0]),
          .head_bytes = row_bytes(cache.dtype, cache.stride[1]),
          .position_bytes = row_bytes(cache.dtype, cache.stride[2]),
          .store = cache.dtype == DType::kF16 ? kernels.store_f16 : kernels.store_q8_0};
}

void store_row(const Half& half, int64_t row, int64_t page, int64_t slot) {
  for (int64_t head = 0; head < half.n_heads; ++head) {
    half.store(
        half.cache + page * half.page_bytes + head * half.head_bytes + slot * half.position_bytes,
        half.from + row * half.row_stride + head * half.head_stride, half.dim);
  }
}

}  // namespace

void kv_write(Context& context, const KvView& cache, const Tensor& k, const Tensor& v,
              std::span<const SequenceRows> sequences) {
  const Half k_half = make_half(context.kernels.vector, cache.k, k);
  const Half both[] = {k_half, v ? make_half(context.kernels.vector, cache.v, v) : k_half};
  const std::span<const Half> halves(both, v ? 2 : 1);
  const int64_t page_size = cache.page_size();
  int64_t row_cost = 0;
  for (const Half& half : halves) row_cost += 2 * half.n_heads * half.dim;
  for (const SequenceRows& sequence : sequences) {
    for_rows(context, sequence.n_rows, row_cost, [&](int64_t i) {
      const int64_t position = sequence.first_pos + i;
      const int64_t page = sequence.pages[size_t(position / page_size)];
      RIDGE_DCHECK(page >= 0);
      for (const Half& half : halves) {
        store_row(half, sequence.first_row + i, page, position % page_size);
      }
    });
  }
}

}  // namespace ridge::cpu
