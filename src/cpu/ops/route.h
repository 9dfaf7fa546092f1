// route of the CPU back end; see Backend for the meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void route(Context& context, const Routing& out, const Tensor& logits, const RouterParams& params);

}  // namespace ridge::cpu
