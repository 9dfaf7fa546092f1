#include "sample/typical.h"

#include <cmath>
#include <limits>

#include "sample/keep_mass.h"
#include "sample/top_p.h"

namespace ridge::sample {

float typical_floor(float typical_p, float max, const Moments& all, size_t n_total) {
  const double entropy = std::log(all.mass) - all.mean_x;
  const double distance = std::log(double(n_total) / (1.0 - double(typical_p))) - entropy;
  if (!(entropy <= distance)) return -std::numeric_limits<float>::infinity();
  return top_p_floor(typical_p, max, all.mass, n_total);
}

void typical(Candidates& candidates, float typical_p, int min_keep, float max, const Moments& all) {
  // H = ln mass - mean_x and -ln p = ln mass - (logit - max): their distance needs no logarithm.
  const auto mean = float(all.mean_x);
  const auto more_typical = [&](const Candidate& a, const Candidate& b) {
    const float distance_a = std::abs(a.logit - max - mean);
    const float distance_b = std::abs(b.logit - max - mean);
    return distance_a < distance_b || (distance_a == distance_b && better(a, b));
  };

  keep_mass(candidates, more_typical, max, double(typical_p) * all.mass, min_keep);
}

}  // namespace ridge::sample
