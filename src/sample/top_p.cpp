#include "sample/top_p.h"

#include <cmath>
#include <limits>

#include "sample/keep_mass.h"

namespace ridge::sample {

float top_p_floor(float p, float max, double mass, size_t n_total) {
  const double least = (1.0 - double(p)) * mass / double(n_total);
  // A thousandth lower: rounding must not lose a token that stands just at the limit.
  return least > 0 ? max + float(std::log(least)) - 0.001f
                   : -std::numeric_limits<float>::infinity();
}

void top_p(Candidates& candidates, float p, int min_keep, double mass) {
  keep_mass(candidates, better, max_logit(candidates), double(p) * mass, min_keep);
}

}  // namespace ridge::sample
