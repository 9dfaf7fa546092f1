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

// Attention in int16, for processors that multiply and add pairs of words at twice the rate of
// floats. Every row has a scale of its own, by which its largest value (a query: its norm) fills
// the words as far as a sum of products surely fits 32 bits. So a score is off by about 2^-16 of
// |q|·|k|, which is what the f16 of the cache has rounded off before, and a weighted sum by about
// 2^-12 of the largest value. Sums of integers are exact: the order of additions never shows.
//
// Pairs lie side by side: two neighbours along the head in scores, two neighbouring positions in
// sums. Heads are multiples of kInt16Step.
inline constexpr int64_t kInt16Step = 32;
inline constexpr float kQueryNorm = 32000.0f;
// ‖q‖·‖k‖ <= 32000 · 60000 / √dim · √dim < 2^31
inline constexpr float kKeyNorm = 60000.0f;  // largest |k| times √dim
inline constexpr float kLargestValue = 4096.0f;
inline constexpr float kLargestWeight = 32767.0f;
inline constexpr float kWeightSum = 524000.0f;  // of a chunk; times kLargestValue < 2^31

struct Int16ScoresArgs {
  const int16_t* q;  // [n_rows] rows of dim, q_stride apart
  const float* q_scales;
  int64_t q_stride;
  int64_t n_rows;
  const int16_t* panels;    // [n_panels, dim / 2, kPanelKeys, 2]
  const float* key_scales;  // [n_panels, kPanelKeys]
  int64_t n_panels;
  int64_t dim;
  float* scores;
  int64_t scores_stride;
};

struct Int16AccumulateArgs {
  const int16_t* weights;  // [n_rows] rows of 2 n_pairs, weights_stride apart
  int64_t weights_stride;
  int64_t n_rows;
  const int16_t* pairs;  // [n_pairs, dim, 2]
  int64_t n_pairs;
  int64_t dim;    // a multiple of kValueStep
  int32_t* sums;  // [n_rows] rows of dim, sums_stride apart
  int64_t sums_stride;
};

// Rows of a cache that become words; as much of others, which will be read next, is fetched in the
// meantime.
struct Int16PackArgs {
  int16_t* out;
  const std::byte* const* rows;
  const std::byte* const* next;
  int64_t begin = 0;  // values [begin, begin + dim) of each row
  int64_t dim;
};

struct Int16CacheKernels {
  // Transposes kPanelKeys rows, from their beginning, into a panel [dim / 2, kPanelKeys, 2].
  void (*pack_keys)(const Int16PackArgs& args, float* scales) = nullptr;
  // The scales of kPanelKeys rows of V.
  void (*find_value_scales)(float* scales, const std::byte* const* rows, int64_t dim) = nullptr;
  // 2 n_pairs rows of V as pairs [n_pairs, dim, 2]; zeros where a scale is 0.
  void (*pack_values)(const Int16PackArgs& args, const float* scales, int64_t n_pairs) = nullptr;
};

struct Int16Kernels {
  Int16CacheKernels cache[kKvElements];
  // Returns the scale: q is about out times it.
  float (*quantize_query)(int16_t* out, const float* q, int64_t dim) = nullptr;
  void (*scores)(const Int16ScoresArgs& args) = nullptr;
  // n weights times the scales of their values, as words from `out` on, which may be in front of
  // `weights` in the same memory. Returns the scale; `weights` is overwritten.
  float (*quantize_weights)(int16_t* out, float* weights, const float* value_scales,
                            int64_t n) = nullptr;
  void (*accumulate)(const Int16AccumulateArgs& args) = nullptr;
  // n sums (a multiple of kValueStep) → floats, times the scale.
  void (*to_floats)(float* sums, float scale, int64_t n) = nullptr;
};

struct AttentionKernels {
  Int16Kernels int16;               // null where the level gains nothing by it
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
void install_attention_int16(AttentionKernels& kernels);
}  // namespace avx2
namespace avx2_vnni {
void install_attention_int16(AttentionKernels& kernels);
}
namespace avx512_vnni {
void install_attention(AttentionKernels& kernels);
void install_attention_int16(AttentionKernels& kernels);
}  // namespace avx512_vnni
namespace neon_dot {
void install_attention(AttentionKernels& kernels);
}

}  // namespace ridge::cpu
