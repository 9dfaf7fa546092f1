// Penalties for tokens that occur in the recent past. For a token that occurs c > 0 times:
//   repetition r:            logit / r if logit > 0, else logit * r     (CTRL,
//   arXiv:1909.05858, 4.1) frequency f, presence p: logit - c f - p (OpenAI API reference)
// One per sequence; one thread. Allocates in the constructor only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sample/params.h"

namespace ridge::sample {

class Penalties {
 public:
  Penalties(const SamplerParams& params, int n_vocab);
  bool is_on() const { return !counts_.empty(); }
  void apply(std::span<const int32_t> recent, std::span<float> logits);

 private:
  float repetition_;
  float presence_;
  float frequency_;
  std::vector<int32_t> counts_;  // [n_vocab], all 0 between calls; empty: off
};

}  // namespace ridge::sample
