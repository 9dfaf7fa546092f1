// Kernels of recurrent layers: the gated delta rule on some columns of one head's state, and short
// convolutions. Tokens pass one after another, each state element in one order of operations, so a
// sequence's bits do not depend on how its rows are cut into calls.
//
// Why not in chunks, as on GPUs (the WY form of Yang et al. 2024): chunks turn steps into products
// of matrices, at no fewer multiply-adds for heads of 128 (a step takes 3 · 128² and a chunk of 64
// some 3 · 128² + 4 · 64 · 128 a token), and their rounding would depend on where chunks begin. A
// CPU gets what chunks are for by other means: value columns are independent, so a panel of them
// stays in the first-level cache while all tokens of a call pass by.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {

// Value columns of a panel. A head's state is v_dim / kDeltaColumns panels [k_dim][kDeltaColumns].
inline constexpr int64_t kDeltaColumns = 16;

// For token t = 0 … n_tokens - 1, with row i of the panel s[i][·] and columns c:
//   d[c] = beta[t] (v[t][c] - decay[t] Σ_i s[i][c] k[t][i])
//   s[i][c] = decay[t] s[i][c] + k[t][i] d[c]
//   out[t][c] = Σ_i s[i][c] q[t][i]
// Strides are in floats, between tokens.
struct DeltaArgs {
  float* panel;   // [k_dim][kDeltaColumns]
  int64_t k_dim;  // a multiple of 16
  int64_t n_tokens;
  const float* q;  // normalised and scaled
  const float* k;  // normalised
  int64_t qk_stride;
  const float* v;
  int64_t v_stride;
  const float* decay;
  const float* beta;
  int64_t gate_stride;  // of decay and beta
  float* out;
  int64_t out_stride;
};

// out[c] = Σ_j weight[j * weight_stride + c] * inputs[j][c], for j = 0 … n_taps - 1 in this order
struct ConvolveArgs {
  float* out;
  const float* const* inputs;
  const float* weight;
  int64_t weight_stride;
  int64_t n_taps;
  int64_t n;  // channels, a multiple of 16
};

struct RecurrentKernels {
  void (*delta)(const DeltaArgs& args) = nullptr;
  void (*convolve)(const ConvolveArgs& args) = nullptr;
};

namespace generic {
void install_recurrent(RecurrentKernels& kernels);
}
namespace avx2 {
void install_recurrent(RecurrentKernels& kernels);
}
namespace avx512_vnni {
void install_recurrent(RecurrentKernels& kernels);
}
namespace neon_dot {
void install_recurrent(RecurrentKernels& kernels);
}

}  // namespace ridge::cpu
