// The grouped matmuls of the CPU back end; see Backend for their meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void expert_gated_matmul(Context& context, const Tensor& out, const Tensor& x,
                         const Routing& routing, const GatedExperts& experts);
void expert_matmul(Context& context, const Tensor& out, const Tensor& x, const Routing& routing,
                   const ExpertProjection& projection, Store store);

}  // namespace ridge::cpu
