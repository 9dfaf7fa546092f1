#include "cpu/kernels/neon_dot/isa.h"
//
#include "cpu/kernels/block256_install.inl"

namespace ridge::cpu {

void neon_dot::install_matmul_block256(MatmulKernels& kernels) {
  install_all_block256(kernels);
}

}  // namespace ridge::cpu
