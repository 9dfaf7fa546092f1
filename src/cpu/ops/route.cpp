#include "cpu/ops/route.h"

#include <cstring>

#include "backend/routing.h"
#include "cpu/ops/rows.h"

namespace ridge::cpu {
namespace {

constexpr int64_t kExpertCost = 40;  // a score and its place in the choice, in elements

}  // namespace

void route(Context& context, const Routing& out, const Tensor& logits, const RouterParams& params) {
  const Rows from(logits), weights(out.weights);
  const auto n_experts = size_t(from.cols());
  const auto top_k = size_t(out.top_k());
  RIDGE_DCHECK(from.size() == weights.size() && top_k <= n_experts);
  RouterVectors vectors;
  if (params.bias) vectors.bias = {data_of<float>(params.bias), n_experts};
  if (params.expert_scale) {
    vectors.expert_scale = {data_of<float>(params.expert_scale), n_experts};
  }
  auto* experts = reinterpret_cast<int32_t*>(static_cast<CpuBuffer*>(out.experts)->data());
  auto* scores = reinterpret_cast<float*>(
      context.scratch.get(ScratchSlot::kGeneral, size_t(from.size()) * n_experts * sizeof(float)));
  for_rows(context, from.size(), kExpertCost * from.cols(), [&](int64_t i) {
    float* row = scores + size_t(i) * n_experts;
    std::memcpy(row, from[i], n_experts * sizeof(float));
    route_row({row, n_experts}, vectors, params, {experts + size_t(i) * top_k, top_k},
              {weights[i], top_k});
  });
}

}  // namespace ridge::cpu
