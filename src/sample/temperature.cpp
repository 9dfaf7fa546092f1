#include "sample/temperature.h"

#include "sample/softmax.h"

namespace ridge::sample {

Candidate draw(std::span<const Candidate> candidates, float max, float scale, Rng& rng) {
  const double target = rng.uniform() * sum_exp(candidates, max, scale);
  return candidates[find_quantile(candidates, max, scale, target)];
}

Candidate draw(std::span<const float> logits, float max, float scale, Rng& rng) {
  const double target = rng.uniform() * sum_exp(logits, max, scale);
  const size_t token = find_quantile(logits, max, scale, target);
  return {logits[token], int32_t(token)};
}

}  // namespace ridge::sample
