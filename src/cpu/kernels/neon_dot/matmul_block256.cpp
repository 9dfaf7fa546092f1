#include "cpu/kernels/matmul_kernels.h"
#include "cpu/kernels/neon_dot/isa.h"
//
#include "cpu/kernels/quantized.inl"

namespace ridge::cpu {

void neon_dot::install_matmul_block256(MatmulKernels& kernels) {
  install<Q2_K>(kernels, DType::kQ2_K);
  install<Q3_K>(kernels, DType::kQ3_K);
  install<Q4_K>(kernels, DType::kQ4_K);
  install<Q5_K>(kernels, DType::kQ5_K);
  install<Q6_K>(kernels, DType::kQ6_K);
  install<IQ4_XS>(kernels, DType::kIQ4_XS);
}

}  // namespace ridge::cpu
