#include "cpu/kernels/matmul_kernels.h"

namespace ridge::cpu {

void avx512_vnni::install_matmul_quantized(MatmulKernels&) {}

}  // namespace ridge::cpu
