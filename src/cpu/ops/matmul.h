// matmul, head_matmul and gated_matmul of the CPU back end; see Backend for the meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void matmul(Context& context, const Tensor& x, std::span<const Projection> projections,
            Store store);
void head_matmul(Context& context, const Tensor& out, const Tensor& x, const Weight& weight);
void gated_matmul(Context& context, const Tensor& out, const Tensor& x, const Weight& gate,
                  const Weight& up, Activation activation);

}  // namespace ridge::cpu
