#include "cpu/kernels/avx512_vnni/isa.h"
//
#include "cpu/kernels/block32_install.inl"

namespace ridge::cpu {

void avx512_vnni::install_matmul_block32(MatmulKernels& kernels) {
  install_all_block32(kernels);
}

}  // namespace ridge::cpu
