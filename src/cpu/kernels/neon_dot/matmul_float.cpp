#include "cpu/kernels/matmul_kernels.h"
#include "cpu/kernels/neon_dot/isa.h"
//
#include "cpu/kernels/floats.inl"

namespace ridge::cpu {

void neon_dot::install_matmul_float(MatmulKernels& kernels) {
  install_floats(kernels);
}

}  // namespace ridge::cpu
