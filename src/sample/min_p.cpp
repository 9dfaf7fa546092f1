#include "sample/min_p.h"

#include <algorithm>
#include <cmath>

#include "sample/softmax.h"

namespace ridge::sample {

float min_p_floor(float min_p, float max) {
  return max + std::log(min_p);
}

void min_p(Candidates& candidates, float min_p, int min_keep) {
  const float floor = min_p_floor(min_p, max_logit(candidates));
  const auto stays = [&](const Candidate& c) { return c.logit >= floor; };
  const auto n = std::count_if(candidates.begin(), candidates.end(), stays);
  if (n >= min_keep) {
    std::erase_if(candidates, [&](const Candidate& c) { return !stays(c); });
  } else {
    sort_best(candidates, size_t(min_keep));
    candidates.resize(std::min(candidates.size(), size_t(min_keep)));
  }
}

}  // namespace ridge::sample
