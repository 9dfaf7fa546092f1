// Verbs of recurrent layers of the CPU back end; see Backend for the meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void short_convolution(Context& context, const Tensor& out, const Tensor& x,
                       const ShortConvolution& convolution,
                       std::span<const SequenceRows> sequences);
void delta_net(Context& context, const Tensor& out, const DeltaNetInputs& inputs,
               const DeltaNetParams& params, std::span<const SequenceRows> sequences);

}  // namespace ridge::cpu
