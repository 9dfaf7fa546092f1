#include "sample/xtc.h"

#include <cmath>

#include "sample/softmax.h"

namespace ridge::sample {

void xtc(Candidates& candidates, float threshold, int min_keep) {
  const float max = max_logit(candidates);
  const auto least = float(double(max) + std::log(double(threshold) * sum_exp(candidates, max)));
  const auto is_top = [&](const Candidate& c) { return c.logit >= least; };
  size_t n_top = 0;
  Candidate worst_top;
  for (const Candidate& c : candidates) {
    if (!is_top(c)) continue;
    if (n_top == 0 || better(worst_top, c)) worst_top = c;
    ++n_top;
  }
  if (n_top < 2 || candidates.size() - (n_top - 1) < size_t(min_keep)) return;
  std::erase_if(candidates, [&](const Candidate& c) { return is_top(c) && better(c, worst_top); });
}

}  // namespace ridge::sample
