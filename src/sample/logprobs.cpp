#include "sample/logprobs.h"

#include <algorithm>
#include <cmath>

#include "sample/softmax.h"

namespace ridge::sample {

Logprobs::Logprobs(int n_top, int n_vocab) : n_top_(n_top) {
  if (!is_on()) return;
  logits_.resize(size_t(n_vocab));
  scratch_.reserve(size_t(n_vocab));
  top_.reserve(size_t(n_top));
}

void Logprobs::observe(std::span<const float> logits) {
  std::copy(logits.begin(), logits.end(), logits_.begin());
  const float max = find_best(logits).logit;
  log_sum_ = double(max) + std::log(sum_exp(logits, max));
  gather_best(logits, n_top_, scratch_);
  top_.clear();
  for (const Candidate& c : scratch_) top_.push_back(of(c.token));
}

TokenLogprob Logprobs::of(int32_t token) const {
  return {token, float(double(logits_[size_t(token)]) - log_sum_)};
}

}  // namespace ridge::sample
