// Kernels over one row of f32: norms, activations, rope, conversions for the cache. An element's
// result must not depend on its place in the row's vector registers: callers cut rows wherever
// threads meet. n may be anything unless said otherwise; rows need no alignment.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {

struct VectorKernels {
  // out[i] = activation of gate[i] and up[i]; indexed by ridge::Activation. out may be gate
  // or up.
  void (*gated_activation[7])(float* out, const float* gate, const float* up, int64_t n) = {};
  void (*activation[4])(float* x, int64_t n) = {};  // x = activation(x), of the first four
  // out = x / sqrt(mean(x²) + eps) * weight. out may be x.
  void (*rms_norm)(float* out, const float* x, const float* weight, int64_t n, float eps) = nullptr;
  // out = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias; bias may be null. out may be x.
  void (*layer_norm)(float* out, const float* x, const float* weight, const float* bias, int64_t n,
                     float eps) = nullptr;
  void (*add)(float* out, const float* x, int64_t n) = nullptr;  // out += x
  void (*scale)(float* x, float factor, int64_t n) = nullptr;    // x *= factor
  void (*softcap)(float* x, float cap, int64_t n) = nullptr;     // cap * tanh(x / cap)
  // Turns n pairs by the angles whose cosines and sines are given; indexed by ridge::RopeStyle.
  void (*rotate[2])(float* x, const float* cosines, const float* sines, int64_t n) = {};
  // Stores n values in the cache's type. All levels give the same bytes.
  void (*store_f16)(std::byte* out, const float* x, int64_t n) = nullptr;
  void (*store_q8_0)(std::byte* out, const float* x, int64_t n) = nullptr;  // n % 32 == 0
};

namespace generic {
void install_vector(VectorKernels& kernels);
}
namespace avx2 {
void install_vector(VectorKernels& kernels);
}
namespace neon_dot {
void install_vector(VectorKernels& kernels);
}

}  // namespace ridge::cpu
