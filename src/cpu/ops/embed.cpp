#include "cpu/ops/embed.h"

#include "cpu/cpu_buffer.h"
#include "cpu/packed_weight.h"

namespace ridge::cpu {

void embed(Context& context, const Tensor& out, const Weight& table, std::span<const int32_t> ids,
           float scale) {
  const auto& weight = static_cast<const PackedWeight&>(table);
  RIDGE_DCHECK(out.cols() == weight.n_in() && out.rows() == int64_t(ids.size()));
  std::byte* scratch = context.scratch.get(ScratchSlot::kGeneral, weight.plain_row_bytes());
  for (size_t i = 0; i < ids.size(); ++i) {
    RIDGE_DCHECK(ids[i] >= 0 && ids[i] < weight.n_out());
    float* row = data_of<float>(out) + int64_t(i) * out.stride[0];
    weight.decode_row(ids[i], row, scratch);
    if (scale == 1.0f) continue;
    for (int64_t j = 0; j < weight.n_in(); ++j) row[j] *= scale;
  }
}

}  // namespace ridge::cpu
