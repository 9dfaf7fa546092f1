#include "cpu/kernels/avx2/isa.h"
#include "cpu/kernels/matmul_kernels.h"
//
#include "cpu/kernels/quantized.inl"

namespace ridge::cpu {

void avx2::install_matmul_quantized(MatmulKernels& kernels) {
  install<Q4_0>(kernels, DType::kQ4_0);
  install<Q4_1>(kernels, DType::kQ4_1);
  install<Q5_0>(kernels, DType::kQ5_0);
  install<Q5_1>(kernels, DType::kQ5_1);
  install<Q8_0>(kernels, DType::kQ8_0);
  install<IQ4_NL>(kernels, DType::kIQ4_NL);
  install<MXFP4>(kernels, DType::kMXFP4);
  install<Q2_K>(kernels, DType::kQ2_K);
  install<Q3_K>(kernels, DType::kQ3_K);
  install<Q4_K>(kernels, DType::kQ4_K);
  install<Q5_K>(kernels, DType::kQ5_K);
  install<Q6_K>(kernels, DType::kQ6_K);
  install<IQ4_XS>(kernels, DType::kIQ4_XS);
}

}  // namespace ridge::cpu
