// Refuses what a request must not ask of the sampler.
#pragma once

#include "sample/params.h"

namespace ridge::sample {

// Throws Error{kInvalidArgument} naming the parameter, its value and the range.
void check(const SamplerParams& params, int n_vocab);

}  // namespace ridge::sample
