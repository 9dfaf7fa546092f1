// f32 rows in plain C++: the meaning of every vector kernel.
#include <cmath>

#include "cpu/kernels/vector_kernels.h"

namespace ridge::cpu {
namespace {

float silu(float x) {
  return x / (1.0f + std::exp(-x));
}
float gelu_tanh(float x) {
  return 0.5f * x * (1.0f + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
}
float gelu(float x) {
  return 0.5f * x * (1.0f + std::erf(x * 0.7071067812f));
}
float relu(float x) {
  return x > 0.0f ? x : 0.0f;
}

template <float (*kActivation)(float)>
void gated(float* out, const float* gate, const float* up, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = kActivation(gate[i]) * up[i];
}

}  // namespace

void generic::install_vector(VectorKernels& kernels) {
  kernels.gated_activation[0] = gated<silu>;
  kernels.gated_activation[1] = gated<gelu_tanh>;
  kernels.gated_activation[2] = gated<gelu>;
  kernels.gated_activation[3] = gated<relu>;
}

}  // namespace ridge::cpu
