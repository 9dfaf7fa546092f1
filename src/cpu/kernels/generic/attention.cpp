// Attention in plain C++: the meaning of every attention kernel. Sums run in eight interleaved
// lanes, which any compiler can keep in vector registers.
#include <cmath>
#include <cstring>

#include "base/half.h"
#include "cpu/kernels/attention_kernels.h"

namespace ridge::cpu {
namespace {

constexpr int kLanes = 8;

float half_at(const std::byte* bytes) {
  f16 half;
  std::memcpy(&half, bytes, 2);
  return to_f32(half);
}

// How eight consecutive values of a row are read, by cache type.
struct F32 {
  static void load(const std::byte* row, int64_t i, float* out) {
    std::memcpy(out, row + 4 * i, kLanes * sizeof(float));
  }
};
struct F16 {
  static void load(const std::byte* row, int64_t i, float* out) {
    for (int j = 0; j < kLanes; ++j) out[j] = half_at(row + 2 * (i + j));
  }
};
struct Q8_0 {  // blocks of 32: f16 scale, int8 levels
  static void load(const std::byte* row, int64_t i, float* out) {
    const std::byte* block = row + i / 32 * 34;
    const float d = half_at(block);
    int8_t levels[kLanes];
    std::memcpy(levels, block + 2 + i % 32, kLanes);
    for (int j = 0; j < kLanes; ++j) out[j] = d * float(levels[j]);
  }
};

template <class Element>
float dot(const float* q, const std::byte* k, int64_t dim) {
  float sums[kLanes] = {};
  for (int64_t i = 0; i < dim; i += kLanes) {
    float x[kLanes];
    Element::load(k, i, x);
    for (int j = 0; j < kLanes; ++j) sums[j] += q[i + j] * x[j];
  }
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int j = 0; j < width; ++j) sums[j] += sums[j + width];
  }
  return sums[0];
}

template <class Element>
void scores(const ScoresArgs& args) {
  for (int64_t row = 0; row < args.n_rows; ++row) {
    for (int64_t key = 0; key < args.n_keys; ++key) {
      args.scores[row * args.scores_stride + key] =
          dot<Element>(args.q + row * args.q_stride, args.k + key * args.k_stride, args.dim);
    }
  }
}

template <class Element>
void accumulate(const AccumulateArgs& args) {
  for (int64_t key = 0; key < args.n_keys; ++key) {
    for (int64_t i = 0; i < args.dim; i += kLanes) {
      float x[kLanes];
      Element::load(args.v + key * args.v_stride, i, x);
      for (int64_t row = 0; row < args.n_rows; ++row) {
        const float weight = args.weights[row * args.weights_stride + key];
        float* sum = args.sum + row * args.sum_stride + i;
        for (int j = 0; j < kLanes; ++j) sum[j] += weight * x[j];
      }
    }
  }
}

template <class Element>
void widen(float* out, const std::byte* values, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) Element::load(values, i, out + i);
  for (; i < n; ++i) out[i] = half_at(values + 2 * i);  // only f16 has rows that end in between
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

template <class Element>
void install(AttentionKernels& kernels, KvElement element) {
  kernels.scores[int(element)] = scores<Element>;
  kernels.accumulate[int(element)] = accumulate<Element>;
  kernels.widen[int(element)] = widen<Element>;
}

}  // namespace

void generic::install_attention(AttentionKernels& kernels) {
  install<F32>(kernels, KvElement::kF32);
  install<F16>(kernels, KvElement::kF16);
  install<Q8_0>(kernels, KvElement::kQ8_0);
  kernels.softmax = softmax;
  kernels.merge = merge;
}

}  // namespace ridge::cpu
