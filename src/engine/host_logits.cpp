#include "engine/host_logits.h"

#include "base/check.h"

namespace ridge {

HostLogits::HostLogits(const Transformer& model, Backend& backend, int64_t max_rows)
    : model_(model),
      backend_(backend),
      max_rows_(max_rows),
      buffer_(backend.alloc(size_t(max_rows * model.spec().n_vocab) * sizeof(float))),
      values_(size_t(max_rows * model.spec().n_vocab)) {}

std::span<float> HostLogits::of(const Tensor& hidden) {
  const int64_t n = hidden.rows();
  const int64_t n_vocab = model_.spec().n_vocab;
  RIDGE_CHECK(n <= max_rows_);
  const Tensor out = make_tensor(DType::kF32, {n, n_vocab}, *buffer_, 0);
  model_.head(hidden, out);
  const std::span<float> host(values_.data(), size_t(n * n_vocab));
  backend_.download(out, std::as_writable_bytes(host));
  return host;
}

}  // namespace ridge
