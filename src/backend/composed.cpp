// Fused verbs spelled out in simpler ones: the fallback of a back end that lacks them and the
// expected value in tests of one that has them.
#include "backend/backend.h"

namespace ridge {

Buffer& Backend::scratch(size_t n_bytes) {
  if (!scratch_ || scratch_->size() < n_bytes) scratch_ = alloc(n_bytes);
  return *scratch_;
}

void Backend::gated_matmul(const Tensor& out, const Tensor& x, const Weight& gate, const Weight& up,
                           Activation activation) {
  const int64_t n = x.rows();
  const int64_t d_ff = up.n_out();
  const Tensor up_out = make_tensor(DType::kF32, {n, d_ff}, scratch(size_t(n * d_ff) * 4), 0);
  const Projection projections[] = {{.weight = &gate, .out = out}, {.weight = &up, .out = up_out}};
  matmul(x, projections, Store::kWrite);
  gated_activation(out, out, up_out, activation);
}

void Backend::head_matmul(const Tensor& out, const Tensor& x, const Weight& weight) {
  for (int64_t h = 0; h < weight.n_matrices(); ++h) {
    const Projection projection[] = {{.weight = &weight, .out = head_of(out, h), .matrix = h}};
    matmul(head_of(x, h), projection, Store::kWrite);
  }
}

}  // namespace ridge
