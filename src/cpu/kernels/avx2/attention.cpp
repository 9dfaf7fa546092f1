// Attention, eight floats at a time. Scores keep 3 rows × 4 keys in registers (or 6 × 2), each with
// one accumulator along the head; weighted sums keep 3 rows × 4 vectors (or 6 × 2), each adding key
// after key. Cached types are converted on the way into the multiplier: with up to 7
// rows that is cheaper than a widened copy, and gives the same bits.
#include <algorithm>

#include "cpu/kernels/attention_kernels.h"
#include "cpu/kernels/avx2/math.h"
#include "cpu/kernels/avx2/unroll.h"

namespace ridge::cpu {
namespace {

__m256 half_scale(const std::byte* bytes) {
  uint16_t bits;
  __builtin_memcpy(&bits, bytes, 2);
  return _mm256_broadcastss_ps(_mm_cvtph_ps(_mm_cvtsi32_si128(bits)));
}

// How a row is read: a step of kStep values from position i, as kStep / 8 vectors.
struct F32 {
  static constexpr bool kNarrow = false;
  static constexpr int kStep = 8;
  struct Step {
    const float* x;
    __m256 operator[](int) const { return _mm256_loadu_ps(x); }
  };
  static Step at(const std::byte* row, int64_t i) {
    return {reinterpret_cast<const float*>(row) + i};
  }
};
struct F16 {
  static constexpr bool kNarrow = true;
  static constexpr int kStep = 8;
  struct Step {
    const std::byte* x;
    __m256 operator[](int) const {
      return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)));
    }
  };
  static Step at(const std::byte* row, int64_t i) { return {row + 2 * i}; }
};
struct Q8_0 {  // blocks of 32: f16 scale, int8 levels
  static constexpr bool kNarrow = true;
  static constexpr int kStep = 32;
  struct Step {
    const std::byte* levels;
    __m256 d;
    __m256 operator[](int u) const {
      const auto* bytes = reinterpret_cast<const __m128i*>(levels + 8 * u);
      const __m256i x = _mm256_cvtepi8_epi32(_mm_loadl_epi64(bytes));
      return _mm256_mul_ps(d, _mm256_cvtepi32_ps(x));
    }
  };
  static Step at(const std::byte* row, int64_t i) {
    const std::byte* block = row + i / 32 * 34;
    return {block + 2 + i % 32, half_scale(block)};
  }
};

// The sums of four vectors, each in the order of sum8().
__m128 sum8_of_four(__m256 a, __m256 b, __m256 c, __m256 d) {
  const __m256 ab = _mm256_add_ps(_mm256_blend_ps(a, b, 0xf0), _mm256_permute2f128_ps(a, b, 0x21));
  const __m256 cd = _mm256_add_ps(_mm256_blend_ps(c, d, 0xf0), _mm256_permute2f128_ps(c, d, 0x21));
  const __m256 t = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
  const __m256 u = _mm256_add_ps(_mm256_shuffle_ps(t, t, 0x88), _mm256_shuffle_ps(t, t, 0xdd));
  return _mm_unpacklo_ps(_mm256_castps256_ps128(u), _mm256_extractf128_ps(u, 1));
}

// sums[i][j] += left(i) * right(j). The shorter side waits in registers and the other passes by:
// with 12 sums, 3 or 2 and one more are all of the sixteen that there are.
template <int kLeft, int kRight, class Left, class Right>
[[gnu::always_inline]] inline void multiply(__m256 (&sums)[kLeft][kRight], Left left, Right right) {
  if constexpr (kLeft <= kRight) {
    __m256 x[kLeft];
    unroll<kLeft>([&](auto i) __attribute__((always_inline)) { x[i] = left(i); });
    unroll<kRight>([&](auto j) __attribute__((always_inline)) {
      const __m256 y = right(j);
      unroll<kLeft>([&](auto i) __attribute__((always_inline)) {
        sums[i][j] = _mm256_fmadd_ps(x[i], y, sums[i][j]);
      });
    });
  } else {
    __m256 y[kRight];
    unroll<kRight>([&](auto j) __attribute__((always_inline)) { y[j] = right(j); });
    unroll<kLeft>([&](auto i) __attribute__((always_inline)) {
      const __m256 x = left(i);
      unroll<kRight>([&](auto j) __attribute__((always_inline)) {
        sums[i][j] = _mm256_fmadd_ps(x, y[j], sums[i][j]);
      });
    });
  }
}

template <class Element, int kRows, int kKeys>
void score_tile(const ScoresArgs& args, const float* q, const std::byte* k, float* out) {
  const int64_t q_stride = args.q_stride, k_stride = args.k_stride, dim = args.dim;
  __m256 sums[kRows][kKeys];
  unroll<kRows>([&](auto row) __attribute__((always_inline)) {
    unroll<kKeys>([&](auto key)
                      __attribute__((always_inline)) { sums[row][key] = _mm256_setzero_ps(); });
  });
  for (int64_t i = 0; i < dim; i += Element::kStep) {
    typename Element::Step steps[kKeys];
    unroll<kKeys>([&](auto key) __attribute__((always_inline)) {
      steps[key] = Element::at(k + key * k_stride, i);
    });
    unroll<Element::kStep / 8>([&](auto u) __attribute__((always_inline)) {
      const float* x = q + i + 8 * u;
      multiply<kRows, kKeys>(
          sums,
          [&](auto row)
              __attribute__((always_inline)) { return _mm256_loadu_ps(x + row * q_stride); },
          [&](auto key) __attribute__((always_inline)) { return steps[key][u]; });
    });
  }
  unroll<kRows>([&](auto row) __attribute__((always_inline)) {
    float* to = out + row * args.scores_stride;
    const auto& sum = sums[row];
    if constexpr (kKeys == 4) {
      _mm_storeu_ps(to, sum8_of_four(sum[0], sum[1], sum[2], sum[3]));
    } else if constexpr (kKeys == 2) {
      _mm_storel_pi(reinterpret_cast<__m64*>(to), sum8_of_four(sum[0], sum[1], sum[0], sum[1]));
    } else {
      to[0] = sum8(sum[0]);
    }
  });
}

template <class Element, int kRows>
void score_rows(const ScoresArgs& args, int64_t row) {
  constexpr int kKeys = kRows <= 3 ? 4 : 2;
  const float* q = args.q + row * args.q_stride;
  float* out = args.scores + row * args.scores_stride;
  int64_t key = 0;
  for (; key + kKeys <= args.n_keys; key += kKeys) {
    score_tile<Element, kRows, kKeys>(args, q, args.k + key * args.k_stride, out + key);
  }
  for (; key < args.n_keys; ++key) {
    score_tile<Element, kRows, 1>(args, q, args.k + key * args.k_stride, out + key);
  }
}

// Cuts n rows into groups that fit the registers and calls fn(group size, first row). Where a
// value's conversion costs (kNarrow), groups of 4 to 6 rows share it. Four rows that do not are two
// and two: three and one would leave the last alone with its loads.
template <class Element, class Fn>
[[gnu::always_inline]] inline void for_row_groups(int64_t n, Fn fn) {
  int64_t row = 0;
  if constexpr (Element::kNarrow) {
    if (n == 6) return fn(Index<6>(), 0);
    if (n == 5) return fn(Index<5>(), 0);
    if (n == 4 || n == 7) {
      fn(Index<4>(), 0);
      row = 4;
    }
  }
  for (; n - row >= 3 && n - row != 4; row += 3) fn(Index<3>(), row);
  for (; n - row >= 2; row += 2) fn(Index<2>(), row);
  if (row < n) fn(Index<1>(), row);
}

template <class Element>
void scores(const ScoresArgs& args) {
  for_row_groups<Element>(args.n_rows, [&](auto rows, int64_t first) {
    score_rows<Element, decltype(rows)::value>(args, first);
  });
}

template <class Element, int kRows, int kVectors>
void accumulate_tile(const AccumulateArgs& args, const float* weights, int64_t i, float* sum) {
  constexpr int kInStep = std::min(kVectors, Element::kStep / 8);
  const int64_t weights_stride = args.weights_stride, sum_stride = args.sum_stride;
  __m256 sums[kRows][kVectors];
  unroll<kRows>([&](auto row) __attribute__((always_inline)) {
    unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      sums[row][v] = _mm256_loadu_ps(sum + row * sum_stride + 8 * v);
    });
  });
  const std::byte* values = args.v;
  typename Element::Step steps[kVectors / kInStep];
  for (int64_t n = args.n_keys; n > 0; --n, values += args.v_stride, ++weights) {
    unroll<kVectors / kInStep>([&](auto s) __attribute__((always_inline)) {
      constexpr int kFirst = decltype(s)::value * kInStep;
      steps[s] = Element::at(values, i + 8 * kFirst);
    });
    multiply<kRows, kVectors>(
        sums,
        [&](auto row) __attribute__((always_inline)) {
          return _mm256_broadcast_ss(weights + row * weights_stride);
        },
        [&](auto v) __attribute__((always_inline)) { return steps[v / kInStep][v % kInStep]; });
  }
  unroll<kRows>([&](auto row) __attribute__((always_inline)) {
    unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      _mm256_storeu_ps(sum + row * sum_stride + 8 * v, sums[row][v]);
    });
  });
}

template <class Element, int kRows, int kVectors>
void accumulate_rows(const AccumulateArgs& args, int64_t row) {
  const float* weights = args.weights + row * args.weights_stride;
  float* sum = args.sum + row * args.sum_stride;
  int64_t i = 0;
  for (; i + 8 * kVectors <= args.dim; i += 8 * kVectors) {
    accumulate_tile<Element, kRows, kVectors>(args, weights, i, sum + i);
  }
  constexpr int kRest = std::min(kVectors, Element::kStep / 8);
  for (; i < args.dim; i += 8 * kRest) {
    accumulate_tile<Element, kRows, kRest>(args, weights, i, sum + i);
  }
}

template <class Element>
void accumulate(const AccumulateArgs& args) {
  for_row_groups<Element>(args.n_rows, [&](auto rows, int64_t first) {
    constexpr int kRows = decltype(rows)::value;
    constexpr int kVectors = kRows == 1 ? 8 : kRows <= 3 ? 4 : 2;
    accumulate_rows<Element, kRows, kVectors>(args, first);
  });
}

template <class Element>
void widen(float* out, const std::byte* values, int64_t n) {
  for (int64_t i = 0; i < n; i += Element::kStep) {
    const auto step = Element::at(values, i);
    for (int u = 0; u < Element::kStep / 8; ++u) _mm256_storeu_ps(out + i + 8 * u, step[u]);
  }
}

void widen_f16(float* out, const std::byte* values, int64_t n) {
  widen<F16>(out, values, n & ~int64_t{7});
  for (int64_t i = n & ~int64_t{7}; i < n; ++i) {
    uint16_t bits;
    __builtin_memcpy(&bits, values + 2 * i, 2);
    out[i] = _cvtsh_ss(bits);
  }
}

void cap_scores(float* scores, int64_t n, float cap) {
  const __m256 c = _mm256_set1_ps(cap);
  for (int64_t i = 0; i < n; i += 8) {
    const __m256i mask = lanes_below(n - i < 8 ? int(n - i) : 8);
    const __m256 x = _mm256_maskload_ps(scores + i, mask);
    _mm256_maskstore_ps(scores + i, mask, _mm256_mul_ps(c, tanh8(_mm256_div_ps(x, c))));
  }
}

float max_of(const float* x, int64_t n) {
  const __m256 lowest = _mm256_set1_ps(-__builtin_inff());
  __m256 most = lowest;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) most = _mm256_max_ps(_mm256_loadu_ps(x + i), most);
  if (i < n) {
    const __m256i mask = lanes_below(int(n - i));
    const __m256 rest = _mm256_maskload_ps(x + i, mask);
    most = _mm256_max_ps(_mm256_blendv_ps(lowest, rest, _mm256_castsi256_ps(mask)), most);
  }
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(most), _mm256_extractf128_ps(most, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

SoftmaxSums softmax(float* scores, int64_t n, float cap) {
  if (cap > 0.0f) cap_scores(scores, n, cap);
  const float max = max_of(scores, n);
  const __m256 m = _mm256_set1_ps(max);
  __m256 sum = _mm256_setzero_ps();
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 e = exp8(_mm256_sub_ps(_mm256_loadu_ps(scores + i), m));
    _mm256_storeu_ps(scores + i, e);
    sum = _mm256_add_ps(sum, e);
  }
  if (i < n) {
    const __m256i mask = lanes_below(int(n - i));
    const __m256 e = exp8(_mm256_sub_ps(_mm256_maskload_ps(scores + i, mask), m));
    _mm256_maskstore_ps(scores + i, mask, e);
    sum = _mm256_add_ps(sum, _mm256_and_ps(e, _mm256_castsi256_ps(mask)));
  }
  return {.max = max, .sum = sum8(sum)};
}

void merge(float* a, float a_factor, const float* b, float b_factor, int64_t n) {
  const __m256 fa = _mm256_set1_ps(a_factor);
  const __m256 fb = _mm256_set1_ps(b_factor);
  for (int64_t i = 0; i < n; i += 8) {  // rows are padded to multiples of 8
    const __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(b + i), fb);
    _mm256_storeu_ps(a + i, _mm256_fmadd_ps(_mm256_loadu_ps(a + i), fa, scaled));
  }
}

template <class Element>
void install(AttentionKernels& kernels, KvElement element) {
  kernels.scores[int(element)] = scores<Element>;
  kernels.accumulate[int(element)] = accumulate<Element>;
  kernels.widen[int(element)] = widen<Element>;
}

}  // namespace

void avx2::install_attention(AttentionKernels& kernels) {
  install<F32>(kernels, KvElement::kF32);
  install<F16>(kernels, KvElement::kF16);
  install<Q8_0>(kernels, KvElement::kQ8_0);
  kernels.widen[int(KvElement::kF16)] = widen_f16;
  kernels.softmax = softmax;
  kernels.merge = merge;
}

}  // namespace ridge::cpu
