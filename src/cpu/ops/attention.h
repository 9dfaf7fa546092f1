// attention of the CPU back end; see Backend for the meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void attention(Context& context, const Tensor& out, const Tensor& q, const KvView& cache,
               std::span<const SequenceRows> sequences, const AttentionParams& params);

}  // namespace ridge::cpu
