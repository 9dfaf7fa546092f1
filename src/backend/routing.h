// One row of Backend::route() on the host: for the composed default and for back ends whose memory
// the host can see. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>

#include "backend/backend.h"

namespace ridge {

// What RouterParams keeps in the back end's memory.
struct RouterVectors {
  std::span<const float> bias;          // [n_experts] or empty
  std::span<const float> expert_scale;  // likewise
};

// scores: the row's logits [n_experts], overwritten. experts, weights: [top_k], top_k <= n_experts.
// Always chooses top_k different experts, also among NaNs.
void route_row(std::span<float> scores, const RouterVectors& vectors, const RouterParams& params,
               std::span<int32_t> experts, std::span<float> weights);

}  // namespace ridge
