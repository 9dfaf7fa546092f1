// ExpertPlan: the token-expert pairs of a call sorted by expert, so that each expert's weights are
// read once for all its tokens. Memory is scratch of the call; one thread makes it, all members of
// the pool read it.
#pragma once

#include <cstdint>
#include <span>

#include "cpu/context.h"

namespace ridge::cpu {

class ExpertPlan {
 public:
  // chosen: int32 [n, top_k], the expert of each pair i * top_k + j.
  ExpertPlan(Context& context, std::span<const int32_t> chosen, int64_t top_k, int64_t n_experts);

  struct Expert {
    int32_t number;
    std::span<const int32_t> pairs;   // ascending
    std::span<const int32_t> tokens;  // of the pairs
  };
  int64_t n_active() const { return n_active_; }  // experts with pairs, in ascending order
  Expert active(int64_t i) const {
    const int32_t e = active_[i];
    const auto n = size_t(starts_[e + 1] - starts_[e]);
    return {e, {pairs_ + starts_[e], n}, {tokens_ + starts_[e], n}};
  }
  // Pairs of the experts before the i-th.
  int64_t n_pairs_before(int64_t i) const { return starts_[active_[i]]; }
  int64_t n_pairs() const { return n_pairs_; }
  int64_t most_pairs() const { return most_pairs_; }  // of one expert

 private:
  int64_t n_pairs_;
  int64_t n_active_ = 0;
  int64_t most_pairs_ = 0;
  int32_t* starts_;  // [n_experts + 1]
  int32_t* active_;  // [n_active]
  int32_t* pairs_;   // [n_pairs]
  int32_t* tokens_;  // [n_pairs]
};

}  // namespace ridge::cpu
