#include "cpu/kernels/matmul_kernels.h"

namespace ridge::cpu {

void avx2::install_matmul(MatmulKernels&) {}

}  // namespace ridge::cpu
