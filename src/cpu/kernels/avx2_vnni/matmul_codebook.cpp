#include "cpu/kernels/avx2_vnni/isa.h"
//
#include "cpu/kernels/codebook_install.inl"

namespace ridge::cpu {

void avx2_vnni::install_matmul_codebook(MatmulKernels& kernels) {
  install_all_codebook(kernels);
}

}  // namespace ridge::cpu
