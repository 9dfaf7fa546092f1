#include "cpu/ops/norm.h"

#include "cpu/ops/rows.h"

namespace ridge::cpu {

void rms_norm(Context& context, const Tensor& out, const Tensor& x, const Tensor& weight,
              float eps) {
  const Rows to(out), from(x);
  RIDGE_DCHECK(to.size() == from.size() && to.cols() == from.cols());
  const float* w = data_of<float>(weight);
  const auto kernel = context.kernels.vector.rms_norm;
  for_rows(context, to.size(), 2 * to.cols(),
           [&](int64_t i) { kernel(to[i], from[i], w, to.cols(), eps); });
}

void layer_norm(Context& context, const Tensor& out, const Tensor& x,
                const LayerNormParams& params) {
  const Rows to(out), from(x);
  const int64_t n = to.cols();
  RIDGE_DCHECK(to.size() == from.size() && n == from.cols());
  const int64_t n_weights = params.weight.n_elements() / n;  // one, or one for each head
  const float* weights = data_of<float>(params.weight);
  const float* bias = params.bias ? data_of<float>(params.bias) : nullptr;
  const auto kernel = context.kernels.vector.layer_norm;
  for_rows(context, to.size(), 4 * n, [&](int64_t i) {
    kernel(to[i], from[i], weights + i % n_weights * n, bias, n, params.eps);
  });
}

}  // namespace ridge::cpu
