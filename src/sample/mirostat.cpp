#include "sample/mirostat.h"

#include <cmath>
#include <numbers>

#include "sample/softmax.h"
#include "sample/temperature.h"

namespace ridge::sample {

Mirostat::Mirostat(const SamplerParams& params)
    : tau_(params.mirostat_tau),
      eta_(params.mirostat_eta),
      scale_(scale_of(params.temperature)),
      mu_(2.0f * params.mirostat_tau) {}

int32_t Mirostat::draw(std::span<const float> logits, const Candidate& best, Rng& rng,
                       Candidates& scratch) {
  constexpr double kLn2 = std::numbers::ln2;
  const double log_mass = std::log(sum_exp(logits, best.logit, scale_));
  // surprise <= mu, with -ln p = log_mass - (logit - max) * scale.
  const double floor = double(best.logit) + (log_mass - double(mu_) * kLn2) / double(scale_);
  gather_above(logits, float(floor), scratch);
  if (scratch.empty()) scratch.push_back(best);
  const Candidate drawn = sample::draw(scratch, best.logit, scale_, rng);
  const double surprise = (log_mass - double(drawn.logit - best.logit) * double(scale_)) / kLn2;
  mu_ -= eta_ * (float(surprise) - tau_);
  return drawn.token;
}

}  // namespace ridge::sample
