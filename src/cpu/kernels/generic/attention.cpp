// Attention in plain C++: the meaning of every attention kernel.
#include <cmath>
#include <cstring>

#include "base/half.h"
#include "cpu/kernels/attention_kernels.h"

namespace ridge::cpu {
namespace {

float half_at(const std::byte* bytes) {
  f16 half;
  std::memcpy(&half, bytes, 2);
  return to_f32(half);
}

// Value i of a row, by type.
struct F32 {
  static float at(const std::byte* row, int64_t i) {
    float x;
    std::memcpy(&x, row + 4 * i, 4);
    return x;
  }
};
struct F16 {
  static float at(const std::byte* row, int64_t i) { return half_at(row + 2 * i); }
};
struct Q8_0 {  // blocks of 32: f16 scale, int8 levels
  static float at(const std::byte* row, int64_t i) {
    const std::byte* block = row + i / 32 * 34;
    return half_at(block) * float(int8_t(block[2 + i % 32]));
  }
};

template <class Element>
void widen(float* out, const std::byte* values, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = Element::at(values, i);
}

template <class Element>
void pack_keys(float* panel, const std::byte* const* keys, int64_t dim) {
  for (int64_t key = 0; key < kPanelKeys; ++key) {
    for (int64_t i = 0; i < dim; ++i) panel[i * kPanelKeys + key] = Element::at(keys[key], i);
  }
}

void scores(const ScoresArgs& args, const float* panels) {
  for (int64_t row = 0; row < args.n_rows; ++row) {
    const float* q = args.q + row * args.q_stride;
    for (int64_t panel = 0; panel < args.n_panels; ++panel) {
      const float* k = panels + panel * args.dim * kPanelKeys;
      float sums[kPanelKeys] = {};
      for (int64_t i = 0; i < args.dim; ++i) {
        for (int64_t key = 0; key < kPanelKeys; ++key) sums[key] += q[i] * k[i * kPanelKeys + key];
      }
      std::memcpy(args.scores + row * args.scores_stride + panel * kPanelKeys, sums, sizeof sums);
    }
  }
}

template <class Element>
void direct_scores(const ScoresArgs& args, const std::byte* const* keys) {
  for (int64_t row = 0; row < args.n_rows; ++row) {
    const float* q = args.q + row * args.q_stride;
    for (int64_t key = 0; key < args.n_panels * kPanelKeys; ++key) {
      float sum = 0.0f;
      for (int64_t i = 0; i < args.dim; ++i) sum += q[i] * Element::at(keys[key], i);
      args.scores[row * args.scores_stride + key] = sum;
    }
  }
}

template <class Element>
void accumulate(const AccumulateArgs& args) {
  for (int64_t key = 0; key < args.n_keys; ++key) {
    for (int64_t i = 0; i < args.dim; i += kValueStep) {
      float x[kValueStep];
      for (int64_t j = 0; j < kValueStep; ++j) {
        x[j] = Element::at(args.v + key * args.v_stride, i + j);
      }
      for (int64_t row = 0; row < args.n_rows; ++row) {
        const float weight = args.weights[row * args.weights_stride + key];
        float* sum = args.sum + row * args.sum_stride + i;
        for (int64_t j = 0; j < kValueStep; ++j) sum[j] += weight * x[j];
      }
    }
  }
}

SoftmaxSums softmax(float* scores, int64_t n, float cap) {
  if (cap > 0.0f) {
    for (int64_t i = 0; i < n; ++i) scores[i] = cap * std::tanh(scores[i] / cap);
  }
  SoftmaxSums sums{.max = scores[0], .sum = 0.0f};
  for (int64_t i = 1; i < n; ++i) sums.max = scores[i] > sums.max ? scores[i] : sums.max;
  double total = 0.0;
  for (int64_t i = 0; i < n; ++i) {
    scores[i] = std::exp(scores[i] - sums.max);
    total += double(scores[i]);
  }
  sums.sum = float(total);
  return sums;
}

void merge(float* a, float a_factor, const float* b, float b_factor, int64_t n) {
  for (int64_t i = 0; i < n; ++i) a[i] = a[i] * a_factor + b[i] * b_factor;
}

}  // namespace

void generic::install_attention(AttentionKernels& kernels) {
  kernels = {.cache = {{pack_keys<F16>, direct_scores<F16>, accumulate<F16>, widen<F16>},
                       {pack_keys<Q8_0>, nullptr, nullptr, widen<Q8_0>}},
             .scores = scores,
             .accumulate_widened = accumulate<F32>,
             .softmax = softmax,
             .merge = merge};
}

}  // namespace ridge::cpu
