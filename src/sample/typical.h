// Locally typical sampling (C. Meister et al., arXiv:2202.00666): with H the entropy of the
// distribution, keeps the tokens whose information -ln p lies nearest to H, as many as it takes for
// their probabilities to add up to typical_p.
#pragma once

#include "sample/candidates.h"
#include "sample/softmax.h"

namespace ridge::sample {

// The lowest logit that can be kept, for n_total tokens with these moments; -inf where there is no
// such bound. Tokens with p <= (1 - typical_p) / n_total weigh 1 - typical_p at most together and
// lie d = ln(n_total / (1 - typical_p)) - H or more above H. If H <= d, no token lies so far below
// it
// (-ln p is never negative), so that all others come first and suffice.
float typical_floor(float typical_p, float max, const Moments& all, size_t n_total);

// candidates: those above typical_floor() at least; all: of all tokens, relative to max.
void typical(Candidates& candidates, float typical_p, int min_keep, float max, const Moments& all);

}  // namespace ridge::sample
