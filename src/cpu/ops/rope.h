// rope of the CPU back end; see Backend for the meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void rope(Context& context, const Tensor& x, std::span<const int32_t> positions,
          const RopeParams& params);

}  // namespace ridge::cpu
