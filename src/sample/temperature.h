// The last step: one token is drawn with probability exp(logit / T) / sum exp(logit / T).
#pragma once

#include <algorithm>
#include <span>

#include "base/rng.h"
#include "sample/candidates.h"

namespace ridge::sample {

// 1 / T, bounded so that a temperature next to 0 gives the best token and not NaN.
inline float scale_of(float temperature) {
  return std::min(1.0f / temperature, 1e30f);
}

// max: their largest logit; scale: 1 / T. candidates: one at least.
Candidate draw(std::span<const Candidate> candidates, float max, float scale, Rng& rng);
Candidate draw(std::span<const float> logits, float max, float scale, Rng& rng);

}  // namespace ridge::sample
