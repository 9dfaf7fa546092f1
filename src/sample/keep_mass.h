// What top-p and typical share: keeping the first candidates, in some order, until their
// probabilities add up.
#pragma once

#include <algorithm>

#include "sample/candidates.h"
#include "sample/softmax.h"

namespace ridge::sample {

// Keeps the fewest candidates, first ones first, whose weights exp(logit - max) reach `wanted`, and
// min_keep at least. Halves the range that holds the cut until it is worth sorting: O(n) for any
// distribution. Up to kSorted candidates come out in order.
template <class Before>
void keep_mass(Candidates& candidates, Before before, float max, double wanted, int min_keep) {
  constexpr size_t kSorted = 1024;
  const std::span<const Candidate> all = candidates;
  const auto at = [&](size_t i) { return candidates.begin() + ptrdiff_t(i); };
  size_t low = 0;  // these stay
  size_t high = candidates.size();
  double reached = 0;
  while (high - low > kSorted) {
    const size_t middle = low + (high - low) / 2;
    std::nth_element(at(low), at(middle), at(high), before);
    const double mass = sum_exp(all.subspan(low, middle - low), max);
    if (reached + mass < wanted || middle < size_t(min_keep)) {
      reached += mass;
      low = middle;
    } else {
      high = middle;
    }
  }
  std::sort(at(low), at(high), before);
  while (low < high) {
    reached += double(exp_nonpositive(candidates[low++].logit - max));
    if (reached >= wanted && low >= size_t(min_keep)) break;
  }
  candidates.resize(low);
}

}  // namespace ridge::sample
