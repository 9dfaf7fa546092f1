// The types with blocks of 32 that quantized.inl has kernels for.
#pragma once

#include "cpu/kernels/quantized.inl"

namespace ridge::cpu {
namespace {

void install_all_block32(MatmulKernels& kernels) {
  install<Q4_0>(kernels, DType::kQ4_0);
  install<Q4_1>(kernels, DType::kQ4_1);
  install<Q5_0>(kernels, DType::kQ5_0);
  install<Q5_1>(kernels, DType::kQ5_1);
  install<Q8_0>(kernels, DType::kQ8_0);
  install<IQ4_NL>(kernels, DType::kIQ4_NL);
  install<MXFP4>(kernels, DType::kMXFP4);
}

}  // namespace
}  // namespace ridge::cpu
