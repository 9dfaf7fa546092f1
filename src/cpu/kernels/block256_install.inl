// The types with blocks of 256 that quantized.inl has kernels for.
#pragma once

#include "cpu/kernels/quantized.inl"

namespace ridge::cpu {
namespace {

void install_all_block256(MatmulKernels& kernels) {
  install<Q2_K>(kernels, DType::kQ2_K);
  install<Q3_K>(kernels, DType::kQ3_K);
  install<Q4_K>(kernels, DType::kQ4_K);
  install<Q5_K>(kernels, DType::kQ5_K);
  install<Q6_K>(kernels, DType::kQ6_K);
  install<IQ4_XS>(kernels, DType::kIQ4_XS);
}

}  // namespace
}  // namespace ridge::cpu
