#include "cpu/kernels/avx2/isa.h"
//
#include "cpu/kernels/block32_install.inl"

namespace ridge::cpu {

void avx2::install_matmul_block32(MatmulKernels& kernels) {
  install_all_block32(kernels);
}

}  // namespace ridge::cpu
