#include "cpu/kernels/avx2/isa.h"
#include "cpu/kernels/matmul_kernels.h"
//
#include "cpu/kernels/floats.inl"

namespace ridge::cpu {

void avx2::install_matmul_float(MatmulKernels& kernels) {
  install_floats(kernels);
}

}  // namespace ridge::cpu
