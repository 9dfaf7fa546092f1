// kv_write of the CPU back end; see Backend for the meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void kv_write(Context& context, const KvView& cache, const Tensor& k, const Tensor& v,
              std::span<const SequenceRows> sequences);

}  // namespace ridge::cpu
