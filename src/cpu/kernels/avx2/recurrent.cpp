// Recurrent layers, eight floats at a time.
#include "cpu/kernels/avx2/lanes.h"
#include "cpu/kernels/recurrent_kernels.h"
#include "cpu/kernels/unroll.h"
//
#include "cpu/kernels/recurrent.inl"

namespace ridge::cpu {

void avx2::install_recurrent(RecurrentKernels& kernels) {
  kernels = {.delta = delta, .convolve = convolve};
}

}  // namespace ridge::cpu
