#include "cpu/kernels/matmul_kernels.h"
#include "cpu/kernels/neon_dot/isa.h"
#include "tensor/quant/iq1_m.h"
#include "tensor/quant/iq1_s.h"
#include "tensor/quant/iq2_s.h"
#include "tensor/quant/iq2_xs.h"
#include "tensor/quant/iq2_xxs.h"
#include "tensor/quant/iq3_s.h"
#include "tensor/quant/iq3_xxs.h"
#include "tensor/quant/tq1_0.h"
#include "tensor/quant/tq2_0.h"
//
#include "cpu/kernels/quantized.inl"
//
#include "cpu/kernels/codebook.inl"

namespace ridge::cpu {

void neon_dot::install_matmul_codebook(MatmulKernels& kernels) {
  install<Expanded<IQ1_S>>(kernels, DType::kIQ1_S);
  install<Expanded<IQ1_M>>(kernels, DType::kIQ1_M);
  install<Expanded<IQ2_XXS>>(kernels, DType::kIQ2_XXS);
  install<Expanded<IQ2_XS>>(kernels, DType::kIQ2_XS);
  install<Expanded<IQ2_S>>(kernels, DType::kIQ2_S);
  install<Expanded<IQ3_XXS>>(kernels, DType::kIQ3_XXS);
  install<Expanded<IQ3_S>>(kernels, DType::kIQ3_S);
  install<Expanded<TQ1_0>>(kernels, DType::kTQ1_0);
  install<Expanded<TQ2_0>>(kernels, DType::kTQ2_0);
}

}  // namespace ridge::cpu
