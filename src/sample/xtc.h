// XTC, "exclude top choices" (P. E. Weidmann, text-generation-webui pull request 6335): of the
// tokens with a probability of at least `threshold` it removes all but the least likely. The caller
// tosses the coin that decides whether it applies.
#pragma once

#include "sample/candidates.h"

namespace ridge::sample {

// Keeps the order. Does nothing where fewer than min_keep would stay.
void xtc(Candidates& candidates, float threshold, int min_keep);

}  // namespace ridge::sample
