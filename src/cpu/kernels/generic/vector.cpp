// f32 rows in plain C++: the meaning of every vector kernel.
#include <cmath>
#include <cstring>

#include "base/half.h"
#include "cpu/kernels/vector_kernels.h"
#include "tensor/dtype.h"

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

float sigmoid(float x) {
  return 1.0f / (1.0f + std::exp(-x));
}
float identity(float x) {
  return x;
}

template <float (*kActivation)(float)>
void gated(float* out, const float* gate, const float* up, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = kActivation(gate[i]) * up[i];
}

void gated_clamped_swish(float* out, const float* gate, const float* up, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float g = gate[i] > 7.0f ? 7.0f : gate[i];
    const float u = up[i] > 7.0f ? 7.0f : up[i] < -7.0f ? -7.0f : up[i];
    out[i] = g / (1.0f + std::exp(-1.702f * g)) * (u + 1.0f);
  }
}

template <float (*kActivation)(float)>
void activate(float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] = kActivation(x[i]);
}

void rms_norm(float* out, const float* x, const float* weight, int64_t n, float eps) {
  double sum = 0.0;
  for (int64_t i = 0; i < n; ++i) sum += double(x[i]) * double(x[i]);
  const float factor = float(1.0 / std::sqrt(sum / double(n) + double(eps)));
  for (int64_t i = 0; i < n; ++i) out[i] = x[i] * factor * weight[i];
}

void layer_norm(float* out, const float* x, const float* weight, const float* bias, int64_t n,
                float eps) {
  double sum = 0.0;
  for (int64_t i = 0; i < n; ++i) sum += double(x[i]);
  const double mean = sum / double(n);
  double squares = 0.0;
  for (int64_t i = 0; i < n; ++i) squares += (double(x[i]) - mean) * (double(x[i]) - mean);
  const double factor = 1.0 / std::sqrt(squares / double(n) + double(eps));
  for (int64_t i = 0; i < n; ++i) {
    out[i] = float((double(x[i]) - mean) * factor) * weight[i] + (bias ? bias[i] : 0.0f);
  }
}

void add(float* out, const float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] += x[i];
}

void scale(float* x, float factor, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] *= factor;
}

void softcap(float* x, float cap, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] = cap * std::tanh(x[i] / cap);
}

void turn(float& a, float& b, float cosine, float sine) {
  const float turned = a * cosine - b * sine;
  b = a * sine + b * cosine;
  a = turned;
}

void rotate_interleaved(float* x, const float* cosines, const float* sines, int64_t n) {
  for (int64_t i = 0; i < n; ++i) turn(x[2 * i], x[2 * i + 1], cosines[i], sines[i]);
}

void rotate_halves(float* x, const float* cosines, const float* sines, int64_t n) {
  for (int64_t i = 0; i < n; ++i) turn(x[i], x[n + i], cosines[i], sines[i]);
}

void store_f16(std::byte* out, const float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const f16 half = to_f16(x[i]);
    std::memcpy(out + 2 * i, &half, 2);
  }
}

void store_q8_0(std::byte* out, const float* x, int64_t n) {
  info(DType::kQ8_0).encode(x, out, n);
}

}  // namespace

void generic::install_vector(VectorKernels& kernels) {
  kernels.rms_norm = rms_norm;
  kernels.layer_norm = layer_norm;
  kernels.add = add;
  kernels.scale = scale;
  kernels.softcap = softcap;
  kernels.rotate[0] = rotate_interleaved;
  kernels.rotate[1] = rotate_halves;
  kernels.store_f16 = store_f16;
  kernels.store_q8_0 = store_q8_0;
  kernels.gated_activation[0] = gated<silu>;
  kernels.gated_activation[1] = gated<gelu_tanh>;
  kernels.gated_activation[2] = gated<gelu>;
  kernels.gated_activation[3] = gated<relu>;
  kernels.gated_activation[4] = gated_clamped_swish;
  kernels.gated_activation[5] = gated<sigmoid>;
  kernels.gated_activation[6] = gated<identity>;
  kernels.activation[0] = activate<silu>;
  kernels.activation[1] = activate<gelu_tanh>;
  kernels.activation[2] = activate<gelu>;
  kernels.activation[3] = activate<relu>;
}

}  // namespace ridge::cpu
