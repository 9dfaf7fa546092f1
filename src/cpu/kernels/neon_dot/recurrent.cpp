// Recurrent layers, four floats at a time.
#include "cpu/kernels/neon_dot/lanes.h"
#include "cpu/kernels/recurrent_kernels.h"
#include "cpu/kernels/unroll.h"
//
#include "cpu/kernels/recurrent.inl"

namespace ridge::cpu {

void neon_dot::install_recurrent(RecurrentKernels& kernels) {
  kernels = {.delta = delta, .convolve = convolve};
}

}  // namespace ridge::cpu
