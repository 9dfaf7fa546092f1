// Kernels of attention over a paged cache: small products of a few rows (the query heads of one KV
// head, for one or more positions) with positions of the cache.
//
// Batch invariance: a score is one dot product, added up along the head in rising order; an
// accumulator adds its positions one by one in rising order. So a row's bits depend neither on the
// other rows nor on how positions are cut into panels, runs and calls. The widened (f32) form of a
// cache type gives the same bits as the type itself.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ridge::cpu {

enum class KvElement : uint8_t { kF16, kQ8_0 };
inline constexpr int kKvElements = 2;

// A panel is K of this many positions as f32, transposed: [dim][kPanelKeys]. One vector register
// then holds the same element of 8 or 16 positions, and scores need no sum across a register.
inline constexpr int64_t kPanelKeys = 16;

// scores[row * scores_stride + key] = q[row]·k[key] for n_rows × (n_panels * kPanelKeys)
struct ScoresArgs {
  const float* q;
  int64_t q_stride;
  int64_t n_rows;
  int64_t n_panels;
  int64_t dim;
  float* scores;
  int64_t scores_stride;
  const std::byte* next = nullptr;  // what to fetch in the meantime, unless null
  int64_t next_bytes = 0;
};
inline constexpr int64_t kDirectStep = 8;

// sum[row] += Σ_key weights[row * weights_stride + key] * v[key]
struct AccumulateArgs {
  const float* weights;
  int64_t weights_stride;
  int64_t n_rows;
  const std::byte* v;
  int64_t v_stride;  // bytes
  int64_t n_keys;
  int64_t dim;  // a multiple of kValueStep
  float* sum;
  int64_t sum_stride;
  const std::byte* next = nullptr;  // rows to fetch in the meantime, unless null
  int64_t next_stride = 0;
};
inline constexpr int64_t kValueStep = 16;

// Kernels that read the cache's own type.
struct CacheKernels {
  // Transposes one position each from keys[0] … keys[kPanelKeys - 1] into a panel.
  void (*pack_keys)(float* panel, const std::byte* const* keys, int64_t dim) = nullptr;
  // Scores of a few rows with the positions keys[0] … keys[n_panels * kPanelKeys - 1], for whom
  // panels would cost more than they bring; dim is a multiple of kDirectStep. Null: they take
  // panels nevertheless.
  void (*scores)(const ScoresArgs& args, const std::byte* const* keys) = nullptr;
  // Sums of a few rows straight from the cache. Null: decoding costs so much that even two rows
  // share a widened copy.
  void (*accumulate)(const AccumulateArgs& args) = nullptr;
  // Decodes n values (a multiple of the type's block) to f32.
  void (*widen)(float* out, const std::byte* values, int64_t n) = nullptr;
};

struct SoftmaxSums {
  float max;
  float sum;
};

struct AttentionKernels {
  CacheKernels cache[kKvElements];  // indexed by KvElement
  void (*scores)(const ScoresArgs& args, const float* panels) = nullptr;
  void (*accumulate_widened)(const AccumulateArgs& args) = nullptr;  // v is f32
  // scores → e^(scores - max) in place; returns max and the sum. cap > 0: soft-capped before.
  SoftmaxSums (*softmax)(float* scores, int64_t n, float cap) = nullptr;
  // a = a * a_factor + b * b_factor; n is a multiple of kValueStep
  void (*merge)(float* a, float a_factor, const float* b, float b_factor, int64_t n) = nullptr;
};

namespace generic {
void install_attention(AttentionKernels& kernels);
}
namespace avx2 {
void install_attention(AttentionKernels& kernels);
}
namespace avx512_vnni {
void install_attention(AttentionKernels& kernels);
}
namespace neon_dot {
void install_attention(AttentionKernels& kernels);
}

}  // namespace ridge::cpu
