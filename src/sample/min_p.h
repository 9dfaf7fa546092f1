// Min-p (M. Nguyen et al., arXiv:2407.01082): keeps tokens at least min_p times as likely as the
// most likely one, which is to say logit >= max + ln min_p.
#pragma once

#include "sample/candidates.h"

namespace ridge::sample {

float min_p_floor(float min_p, float max);

// Keeps the order.
void min_p(Candidates& candidates, float min_p, int min_keep);

}  // namespace ridge::sample
