// Attention in int16: its products eight pairs at a time (attention_int16.inl), and what makes
// words of queries, keys, weights and values.
#include "cpu/kernels/attention_kernels.h"
#include "cpu/kernels/avx2/instructions.h"
#include "cpu/kernels/avx2/int16_rows.h"
#include "cpu/kernels/avx2/math.h"
#include "cpu/kernels/avx2/transpose.h"
#include "cpu/kernels/avx2/words.h"
#include "cpu/kernels/unroll.h"

namespace ridge::cpu {
namespace {

struct Words : Words256 {
  static Int multiply_add(Int sum, Int a, Int b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
};

}  // namespace
}  // namespace ridge::cpu

#include "cpu/kernels/attention_int16.inl"

namespace ridge::cpu {
namespace {

__m256i rounded(__m256 x, __m256 factor) {
  return _mm256_cvtps_epi32(_mm256_mul_ps(x, factor));
}

template <class Row>
void pack_keys(const Int16PackArgs& args, float* scales) {
  const std::byte* const* keys = args.rows;
  const int64_t dim = args.dim;
  find_key_scales<Row>(scales, keys, dim);
  for (int64_t key = 0; key < kPanelKeys; key += 8) {
    float factors[8];
    for (int j = 0; j < 8; ++j) factors[j] = inverse(scales[key + j]);
    for (int64_t i = 0; i < dim; i += 16) {
      __m256i rows[8];
      unroll<8>([&](auto j) __attribute__((always_inline)) {
        fetch(args.next[key + j] + Row::offset(i));
        rows[j] = Row::words(keys[key + j], i, factors[j]);
      });
      transpose(
          rows,
          [](__m256i a, __m256i b)
              __attribute__((always_inline)) { return _mm256_unpacklo_epi32(a, b); },
          [](__m256i a, __m256i b)
              __attribute__((always_inline)) { return _mm256_unpackhi_epi32(a, b); });
      const auto store = [&](auto dword, __m256i x) __attribute__((always_inline)) {
        int16_t* out = args.out + ((i / 2 + Row::pair_of(dword)) * kPanelKeys + key) * 2;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), x);
      };
      unroll<4>([&](auto j) __attribute__((always_inline)) {
        store(j, _mm256_permute2x128_si256(rows[2 * j], rows[2 * j + 1], 0x20));
        store(Index<j.value + 4>(), _mm256_permute2x128_si256(rows[2 * j], rows[2 * j + 1], 0x31));
      });
    }
  }
}

template <class Row>
void find_value_scales(float* scales, const std::byte* const* rows, int64_t dim) {
  find_scales<Row>(scales, rows, dim, kLargestValue);
}

template <class Row>
void pack_values(const Int16PackArgs& args, const float* scales, int64_t n_pairs) {
  int16_t* out = args.out;
  for (int64_t p = 0; p < 2 * n_pairs; p += 2) {
    const float factors[2] = {inverse(scales[p]), inverse(scales[p + 1])};
    for (int64_t i = args.begin; i < args.begin + args.dim; i += 16, out += 32) {
      if (i % 32 == 0) {
        fetch(args.next[p] + Row::offset(i));
        fetch(args.next[p + 1] + Row::offset(i));
      }
      __m256i pairs[2];
      Row::pairs(pairs, args.rows + p, i, factors);
      unroll<2>([&](auto j) __attribute__((always_inline)) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 16 * j), pairs[j]);
      });
    }
  }
}

// Eight floats, rounded, as words.
void store_words(int16_t* out, __m256i x) {
  const __m256i words = _mm256_packs_epi32(x, x);
  const __m256i joined = _mm256_permute4x64_epi64(words, 0x08);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(joined));
}

float quantize_query(int16_t* out, const float* q, int64_t dim) {
  __m256 squares = _mm256_setzero_ps();
  for (int64_t i = 0; i < dim; i += 8) {
    const __m256 x = _mm256_loadu_ps(q + i);
    squares = _mm256_fmadd_ps(x, x, squares);
  }
  const float scale = square_root(sum8(squares)) / kQueryNorm;
  const __m256 factor = _mm256_set1_ps(inverse(scale));
  for (int64_t i = 0; i < dim; i += 8)
    store_words(out + i, rounded(_mm256_loadu_ps(q + i), factor));
  return scale;
}

float largest8(__m256 x) {
  const __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  const __m128 pair = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(pair, _mm_movehdup_ps(pair)));
}

float quantize_weights(int16_t* out, float* weights, const float* scales, int64_t n) {
  __m256 most = _mm256_setzero_ps(), sums = _mm256_setzero_ps();
  const int64_t whole = n & ~int64_t{7};
  const __m256i rest = lanes_below(int(n - whole));
  const auto add = [&](__m256 x) {
    most = _mm256_max_ps(most, x);
    sums = _mm256_add_ps(sums, x);
    return x;
  };
  for (int64_t i = 0; i < whole; i += 8) {
    const __m256 weight = _mm256_loadu_ps(weights + i), scale = _mm256_loadu_ps(scales + i);
    _mm256_storeu_ps(weights + i, add(_mm256_mul_ps(weight, scale)));
  }
  const __m256 last = add(_mm256_mul_ps(_mm256_maskload_ps(weights + whole, rest),
                                        _mm256_maskload_ps(scales + whole, rest)));
  const float by_largest = largest8(most) / kLargestWeight, by_sum = sum8(sums) / kWeightSum;
  const float scale = by_sum > by_largest ? by_sum : by_largest;
  const __m256 factor = _mm256_set1_ps(inverse(scale));
  for (int64_t i = 0; i < whole; i += 8) {
    store_words(out + i, rounded(_mm256_loadu_ps(weights + i), factor));
  }
  alignas(16) int16_t words[8];
  store_words(words, rounded(last, factor));
  for (int64_t i = whole; i < n; ++i) out[i] = words[i - whole];
  return scale;
}

void to_floats(float* sums, float scale, int64_t n) {
  for (int64_t i = 0; i < n; i += 8) {
    const __m256 x = _mm256_cvtepi32_ps(load_256(sums + i));
    _mm256_storeu_ps(sums + i, _mm256_mul_ps(x, _mm256_set1_ps(scale)));
  }
}

}  // namespace

void avx2::install_attention_int16(AttentionKernels& kernels) {
  kernels.int16 = {
      .cache = {{pack_keys<F16Row>, find_value_scales<F16Row>, pack_values<F16Row>},
                {pack_keys<Q8_0Row>, find_value_scales<Q8_0Row>, pack_values<Q8_0Row>}},
      .quantize_query = quantize_query,
      .scores = scores,
      .quantize_weights = quantize_weights,
      .accumulate = accumulate,
      .to_floats = to_floats};
}

}  // namespace ridge::cpu
