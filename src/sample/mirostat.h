// Mirostat 2.0 (S. Basu et al., arXiv:2007.14966, and the authors' code for 2.0): tokens whose
// surprise -log2 p exceeds mu are cut, one is drawn, and mu moves against the error so that the
// mean surprise goes to tau:  mu -= eta (surprise of the token drawn - tau),  mu = 2 tau at first.
// p is the probability before the cut, after the temperature. One per sequence; one thread.
#pragma once

#include <span>

#include "base/rng.h"
#include "sample/candidates.h"
#include "sample/params.h"

namespace ridge::sample {

class Mirostat {
 public:
  explicit Mirostat(const SamplerParams& params);
  float mu() const { return mu_; }

  // logits: [n_vocab], of which `best` is the best; scratch holds n_vocab candidates.
  int32_t draw(std::span<const float> logits, const Candidate& best, Rng& rng, Candidates& scratch);

 private:
  float tau_;
  float eta_;
  float scale_;  // 1 / temperature
  float mu_;
};

}  // namespace ridge::sample
