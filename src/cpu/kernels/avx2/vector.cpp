#include "cpu/kernels/vector_kernels.h"

namespace ridge::cpu {

void avx2::install_vector(VectorKernels&) {}

}  // namespace ridge::cpu
