// Top-p, or nucleus (A. Holtzman et al., arXiv:1904.09751): keeps the smallest set of most likely
// tokens whose probabilities add up to p at least.
#pragma once

#include <span>

#include "sample/candidates.h"

namespace ridge::sample {

// The lowest logit that can be kept, for n_total tokens whose exp(logit - max) add up to `mass`:
// tokens with p <= (1 - p_wanted) / n_total weigh 1 - p_wanted at most together, and the others
// suffice. So a vocabulary is cut by one comparison a token before anything is sorted.
float top_p_floor(float p, float max, double mass, size_t n_total);

// candidates: those above top_p_floor() at least; mass: of all tokens.
void top_p(Candidates& candidates, float p, int min_keep, double mass);

}  // namespace ridge::sample
