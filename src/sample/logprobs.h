// What the model itself thought, before any step: ln p of the chosen token and of the most likely
// ones. One per sequence; one thread. Allocates in the constructor only.
#pragma once

#include <span>
#include <vector>

#include "sample/candidates.h"
#include "sample/sampler.h"

namespace ridge::sample {

class Logprobs {
 public:
  Logprobs(int n_top, int n_vocab);
  bool is_on() const { return n_top_ > 0; }

  // Remembers the logits [n_vocab] as the model gave them. Throws what find_best() throws.
  void observe(std::span<const float> logits);
  TokenLogprob of(int32_t token) const;
  std::span<const TokenLogprob> top() const { return top_; }  // most likely first

 private:
  int n_top_;
  std::vector<float> logits_;
  double log_sum_ = 0;
  Candidates scratch_;
  std::vector<TokenLogprob> top_;
};

}  // namespace ridge::sample
