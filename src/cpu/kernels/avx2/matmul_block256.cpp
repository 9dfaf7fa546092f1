#include "cpu/kernels/avx2/isa.h"
//
#include "cpu/kernels/block256_install.inl"

namespace ridge::cpu {

void avx2::install_matmul_block256(MatmulKernels& kernels) {
  install_all_block256(kernels);
}

}  // namespace ridge::cpu
