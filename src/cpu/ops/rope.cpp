#include "cpu/ops/rope.h"

#include "cpu/ops/rows.h"

namespace ridge::cpu {

void rope(Context& context, const Tensor& x, std::span<const int32_t> positions,
          const RopeParams& params) {
  RIDGE_DCHECK(x.rank == 3 && x.rows() == int64_t(positions.size()));
  const int64_t n_pairs = params.inverse_frequency.n_elements();
  RIDGE_DCHECK(2 * n_pairs <= x.cols());
  const std::span<const float> frequencies(data_of<float>(params.inverse_frequency),
                                           size_t(n_pairs));
  const float* table = context.rope_tables.get(positions, frequencies, params.magnitude).data();
  const auto rotate = context.kernels.vector.rotate[int(params.style)];
  const int64_t n_heads = x.shape[1];
  float* data = data_of<float>(x);
  for_rows(context, x.rows(), n_heads * 2 * n_pairs, [&](int64_t i) {
    const float* angles = table + i * 2 * n_pairs;
    for (int64_t head = 0; head < n_heads; ++head) {
      rotate(data + i * x.stride[0] + head * x.stride[1], angles, angles + n_pairs, n_pairs);
    }
  });
}

}  // namespace ridge::cpu
