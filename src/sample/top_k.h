// Top-k (A. Fan et al., arXiv:1805.04833): keeps the k most likely tokens.
#pragma once

#include <span>

#include "sample/candidates.h"

namespace ridge::sample {

// From logits [n_vocab]; best first.
void top_k(std::span<const float> logits, int k, int min_keep, Candidates& out);

}  // namespace ridge::sample
