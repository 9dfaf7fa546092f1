// Kernels over one row of f32: norms, activations, rope, sums. An element's result must not depend
// on its place in the row's vector registers: callers cut rows wherever threads meet.
#pragma once

#include <cstdint>

namespace ridge::cpu {

struct VectorKernels {
  // out[i] = activation(gate[i]) * up[i]; indexed by ridge::Activation. out may be gate.
  void (*gated_activation[4])(float* out, const float* gate, const float* up, int64_t n) = {};
};

namespace generic {
void install_vector(VectorKernels& kernels);
}
namespace avx2 {
void install_vector(VectorKernels& kernels);
}

}  // namespace ridge::cpu
