#include "cpu/kernels/avx512_vnni/isa.h"
#include "cpu/kernels/matmul_kernels.h"
//
#include "cpu/kernels/floats.inl"

namespace ridge::cpu {

void avx512_vnni::install_matmul_float(MatmulKernels& kernels) {
  install_floats(kernels);
}

}  // namespace ridge::cpu
