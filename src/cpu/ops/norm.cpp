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

}  // namespace ridge::cpu
