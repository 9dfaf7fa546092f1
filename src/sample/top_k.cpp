#include "sample/top_k.h"

#include <algorithm>

namespace ridge::sample {

void top_k(std::span<const float> logits, int k, int min_keep, Candidates& out) {
  gather_best(logits, std::max(k, min_keep), out);
}

}  // namespace ridge::sample
