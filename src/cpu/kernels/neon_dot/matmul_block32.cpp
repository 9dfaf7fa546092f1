#include "cpu/kernels/neon_dot/isa.h"
//
#include "cpu/kernels/block32_install.inl"

namespace ridge::cpu {

void neon_dot::install_matmul_block32(MatmulKernels& kernels) {
  install_all_block32(kernels);
}

}  // namespace ridge::cpu
