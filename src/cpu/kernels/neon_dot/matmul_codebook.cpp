#include "cpu/kernels/neon_dot/isa.h"
//
#include "cpu/kernels/codebook_install.inl"

namespace ridge::cpu {

void neon_dot::install_matmul_codebook(MatmulKernels& kernels) {
  install_all_codebook(kernels);
}

}  // namespace ridge::cpu
