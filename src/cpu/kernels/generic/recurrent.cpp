// Recurrent layers in plain C++: the meaning of every kernel of theirs.
#include "cpu/kernels/recurrent_kernels.h"

namespace ridge::cpu {
namespace {

void delta(const DeltaArgs& args) {
  for (int64_t t = 0; t < args.n_tokens; ++t) {
    const float* q = args.q + t * args.qk_stride;
    const float* k = args.k + t * args.qk_stride;
    const float decay = args.decay[t * args.gate_stride];
    const float beta = args.beta[t * args.gate_stride];
    for (int64_t c = 0; c < kDeltaColumns; ++c) {
      float known = 0.0f;
      for (int64_t i = 0; i < args.k_dim; ++i) known += args.panel[i * kDeltaColumns + c] * k[i];
      const float d = beta * (args.v[t * args.v_stride + c] - decay * known);
      float sum = 0.0f;
      for (int64_t i = 0; i < args.k_dim; ++i) {
        float& s = args.panel[i * kDeltaColumns + c];
        s = decay * s + k[i] * d;
        sum += s * q[i];
      }
      args.out[t * args.out_stride + c] = sum;
    }
  }
}

void convolve(const ConvolveArgs& args) {
  for (int64_t c = 0; c < args.n; ++c) {
    float sum = 0.0f;
    for (int64_t j = 0; j < args.n_taps; ++j) {
      sum += args.weight[j * args.weight_stride + c] * args.inputs[j][c];
    }
    args.out[c] = sum;
  }
}

}  // namespace

void generic::install_recurrent(RecurrentKernels& kernels) {
  kernels = {.delta = delta, .convolve = convolve};
}

}  // namespace ridge::cpu
