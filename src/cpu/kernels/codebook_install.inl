// The types that codebook.inl expands before it multiplies.
#pragma once

#include "cpu/kernels/codebook.inl"

namespace ridge::cpu {
namespace {

void install_all_codebook(MatmulKernels& kernels) {
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

}  // namespace
}  // namespace ridge::cpu
