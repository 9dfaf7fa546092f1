// Kernels of attention over a paged cache: small products of a few rows (the query heads of one KV
// head, for one or more positions) with a run of cached positions that lie in one page.
//
// Batch invariance: a score is one dot product, taken in the same order whatever else is in the
// call; an accumulator adds its positions one by one in rising order. So a row's bits depend
// neither on the other rows nor on how positions are cut into runs. The widened (f32) form of a
// cache type gives the same bits as the type itself.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {

enum class KvElement : uint8_t { kF32, kF16, kQ8_0 };
inline constexpr int kKvElements = 3;

// scores[row * scores_stride + key] = q[row]·k[key] for n_rows × n_keys
struct ScoresArgs {
  const float* q;
  int64_t q_stride;
  int64_t n_rows;
  const std::byte* k;
  int64_t k_stride;  // bytes
  int64_t n_keys;
  int64_t dim;  // a multiple of 8
  float* scores;
  int64_t scores_stride;
};

// sum[row] += Σ_key weights[row * weights_stride + key] * v[key]
struct AccumulateArgs {
  const float* weights;
  int64_t weights_stride;
  int64_t n_rows;
  const std::byte* v;
  int64_t v_stride;  // bytes
  int64_t n_keys;
  int64_t dim;  // a multiple of 8
  float* sum;
  int64_t sum_stride;
};

struct SoftmaxSums {
  float max;
  float sum;
};

struct AttentionKernels {
  void (*scores[kKvElements])(const ScoresArgs& args) = {};
  void (*accumulate[kKvElements])(const AccumulateArgs& args) = {};
  // Decodes n cached values (a multiple of the type's block) to f32.
  void (*widen[kKvElements])(float* out, const std::byte* values, int64_t n) = {};
  // scores → e^(scores - max) in place; returns max and the sum. cap > 0: soft-capped before.
  SoftmaxSums (*softmax)(float* scores, int64_t n, float cap) = nullptr;
  // a = a * a_factor + b * b_factor; n is a multiple of 8
  void (*merge)(float* a, float a_factor, const float* b, float b_factor, int64_t n) = nullptr;
};

namespace generic {
void install_attention(AttentionKernels& kernels);
}
namespace avx2 {
void install_attention(AttentionKernels& kernels);
}

}  // namespace ridge::cpu
