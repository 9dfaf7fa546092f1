#include "cpu/ops/expert_plan.h"

#include <algorithm>

namespace ridge::cpu {

ExpertPlan::ExpertPlan(Context& context, std::span<const int32_t> chosen, int64_t top_k,
                       int64_t n_experts)
    : n_pairs_(int64_t(chosen.size())) {
  const size_t n_numbers = size_t(3 * n_experts + 2) + 2 * chosen.size();
  auto* numbers = reinterpret_cast<int32_t*>(
      context.scratch.get(ScratchSlot::kGeneral, n_numbers * sizeof(int32_t)));
  starts_ = numbers;
  active_ = starts_ + n_experts + 1;
  int32_t* next = active_ + n_experts;
  pairs_ = next + n_experts + 1;
  tokens_ = pairs_ + chosen.size();

  std::fill_n(next, n_experts + 1, 0);
  for (const int32_t e : chosen) ++next[e];
  int32_t place = 0;
  for (int32_t e = 0; e < int32_t(n_experts); ++e) {
    const int32_t count = next[e];
    if (count > 0) active_[n_active_++] = e;
    most_pairs_ = std::max<int64_t>(most_pairs_, count);
    starts_[e] = next[e] = place;
    place += count;
  }
  starts_[n_experts] = place;
  for (int32_t pair = 0; pair < int32_t(chosen.size()); ++pair) {
    const int32_t sorted = next[chosen[size_t(pair)]]++;
    pairs_[sorted] = pair;
    tokens_[sorted] = int32_t(pair / top_k);
  }
}

}  // namespace ridge::cpu
