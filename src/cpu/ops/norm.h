// The norms of the CPU back end; see Backend for the meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void rms_norm(Context& context, const Tensor& out, const Tensor& x, const Tensor& weight,
              float eps);
void layer_norm(Context& context, const Tensor& out, const Tensor& x,
                const LayerNormParams& params);

}  // namespace ridge::cpu
