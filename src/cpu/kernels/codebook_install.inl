// The types of codebook.inl.
#pragma once

#include "cpu/kernels/codebook.inl"

namespace ridge::cpu {
namespace {

void install_all_codebook(MatmulKernels& kernels) {
  install<Coded<IQ1_S>>(kernels, DType::kIQ1_S);
  install<Coded<IQ1_M>>(kernels, DType::kIQ1_M);
  install<Coded<IQ2_XXS>>(kernels, DType::kIQ2_XXS);
  install<Coded<IQ2_XS>>(kernels, DType::kIQ2_XS);
  install<Coded<IQ2_S>>(kernels, DType::kIQ2_S);
  install<Coded<IQ3_XXS>>(kernels, DType::kIQ3_XXS);
  install<Coded<IQ3_S>>(kernels, DType::kIQ3_S);
  install<Coded<Ternary>>(kernels, DType::kTQ1_0);
  install<Coded<Ternary>>(kernels, DType::kTQ2_0);
}

}  // namespace
}  // namespace ridge::cpu
