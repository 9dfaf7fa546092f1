#include "cpu/kernels/avx2/isa.h"
//
#include "cpu/kernels/codebook_install.inl"

namespace ridge::cpu {

void avx2::install_matmul_codebook(MatmulKernels& kernels) {
  install_all_codebook(kernels);
}

}  // namespace ridge::cpu
