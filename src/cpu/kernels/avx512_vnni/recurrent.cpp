// Recurrent layers, sixteen floats at a time.
#include "cpu/kernels/avx512_vnni/lanes.h"
#include "cpu/kernels/recurrent_kernels.h"
#include "cpu/kernels/unroll.h"
//
#include "cpu/kernels/recurrent.inl"

namespace ridge::cpu {

void avx512_vnni::install_recurrent(RecurrentKernels& kernels) {
  kernels = {.delta = delta, .convolve = convolve};
}

}  // namespace ridge::cpu
