#include "sample/penalties.h"

#include <utility>

namespace ridge::sample {

Penalties::Penalties(const SamplerParams& params, int n_vocab)
    : repetition_(params.repetition_penalty),
      presence_(params.presence_penalty),
      frequency_(params.frequency_penalty) {
  const bool changes = repetition_ != 1.0f || presence_ != 0.0f || frequency_ != 0.0f;
  if (changes && params.penalty_last_n != 0) counts_.resize(size_t(n_vocab));
}

void Penalties::apply(std::span<const int32_t> recent, std::span<float> logits) {
  for (const int32_t token : recent) ++counts_[size_t(token)];
  for (const int32_t token : recent) {
    const int count = std::exchange(counts_[size_t(token)], 0);
    if (count == 0) continue;  // done at an earlier occurrence
    float& logit = logits[size_t(token)];
    logit = logit > 0 ? logit / repetition_ : logit * repetition_;
    logit -= float(count) * frequency_ + presence_;
  }
}

}  // namespace ridge::sample
