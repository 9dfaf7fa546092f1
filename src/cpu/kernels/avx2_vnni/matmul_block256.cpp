#include "cpu/kernels/avx2_vnni/isa.h"
//
#include "cpu/kernels/block256_install.inl"

namespace ridge::cpu {

void avx2_vnni::install_matmul_block256(MatmulKernels& kernels) {
  install_all_block256(kernels);
}

}  // namespace ridge::cpu
