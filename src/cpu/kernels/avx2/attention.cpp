// Attention, eight floats at a time: the products of attention.inl, and what prepares and follows
// them.
#include "cpu/kernels/attention_kernels.h"
#include "cpu/kernels/avx2/attention_lanes.h"
#include "cpu/kernels/avx2/math.h"
#include "cpu/kernels/unroll.h"
//
#include "cpu/kernels/attention.inl"

namespace ridge::cpu {
namespace {

float half_at(const std::byte* p) {
  uint16_t bits;
  __builtin_memcpy(&bits, p, 2);
  return _cvtsh_ss(bits);
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
    out[i] = half_at(values + 2 * i);
  }
}

void pack_f16(float* panel, const std::byte* const* keys, int64_t dim) {
  constexpr int64_t kStep = 16;
  for (int64_t key = 0; key < kPanelKeys; key += 8) {
    int64_t i = 0;
    for (; i + kStep <= dim; i += kStep) {
      __m256i rows[8];
      unroll<8>([&](auto j) __attribute__((always_inline)) {
        rows[j] = _mm256_loadu_si256(bytes_256(keys[key + j] + 2 * i));
      });
      transpose_words(rows);
      float* out = panel + i * kPanelKeys + key;
      unroll<8>([&](auto j) __attribute__((always_inline)) {
        const __m128i low = _mm256_castsi256_si128(rows[j]);
        const __m128i high = _mm256_extracti128_si256(rows[j], 1);
        _mm256_storeu_ps(out + j * kPanelKeys, _mm256_cvtph_ps(low));
        _mm256_storeu_ps(out + (j + 8) * kPanelKeys, _mm256_cvtph_ps(high));
      });
    }
    for (; i < dim; ++i) {
      for (int64_t j = key; j < key + 8; ++j) panel[i * kPanelKeys + j] = half_at(keys[j] + 2 * i);
    }
  }
}

// The scales of one block of each of eight rows.
__m256 scales_of(const std::byte* const* keys, int64_t offset) {
  uint16_t d[8];
  for (int j = 0; j < 8; ++j) __builtin_memcpy(d + j, keys[j] + offset, 2);
  return _mm256_cvtph_ps(_mm_setr_epi16(int16_t(d[0]), int16_t(d[1]), int16_t(d[2]), int16_t(d[3]),
                                        int16_t(d[4]), int16_t(d[5]), int16_t(d[6]),
                                        int16_t(d[7])));
}

void pack_q8_0(float* panel, const std::byte* const* keys, int64_t dim) {
  for (int64_t block = 0; block < dim / 32; ++block) {
    for (int64_t key = 0; key < kPanelKeys; key += 8) {
      __m256i rows[8];
      unroll<8>([&](auto j) __attribute__((always_inline)) {
        rows[j] = _mm256_loadu_si256(bytes_256(keys[key + j] + block * 34 + 2));
      });
      transpose(
          rows,
          [](__m256i a, __m256i b)
              __attribute__((always_inline)) { return _mm256_unpacklo_epi32(a, b); },
          [](__m256i a, __m256i b)
              __attribute__((always_inline)) { return _mm256_unpackhi_epi32(a, b); });
      const __m256 d = _mm256_mul_ps(scales_of(keys + key, block * 34), _mm256_set1_ps(0x1p-24f));
      float* out = panel + block * 32 * kPanelKeys + key;
      const auto store = [&](int64_t i, __m256i level) __attribute__((always_inline)) {
        _mm256_storeu_ps(out + i * kPanelKeys, _mm256_mul_ps(d, _mm256_cvtepi32_ps(level)));
      };
      // A level in a dword's highest byte is 2^24 times itself, which d takes back exactly.
      const __m256i highest = _mm256_set1_epi32(int(0xff000000u));
      const auto store_four = [&](int64_t i, __m256i levels) __attribute__((always_inline)) {
        store(i, _mm256_slli_epi32(levels, 24));
        store(i + 1, _mm256_and_si256(_mm256_slli_epi32(levels, 16), highest));
        store(i + 2, _mm256_and_si256(_mm256_slli_epi32(levels, 8), highest));
        store(i + 3, _mm256_and_si256(levels, highest));
      };
      unroll<4>([&](auto j) __attribute__((always_inline)) {
        store_four(4 * j, _mm256_permute2x128_si256(rows[2 * j], rows[2 * j + 1], 0x20));
        store_four(4 * j + 16, _mm256_permute2x128_si256(rows[2 * j], rows[2 * j + 1], 0x31));
      });
    }
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
  for (; i + 32 <= n; i += 32) {
    __m256 e[4];
    unroll<4>([&](auto j) __attribute__((always_inline)) {
      e[j] = _mm256_sub_ps(_mm256_loadu_ps(scores + i + 8 * j), m);
    });
    exp8_of_small(e);
    unroll<4>([&](auto j) __attribute__((always_inline)) {
      _mm256_storeu_ps(scores + i + 8 * j, e[j]);
      sum = _mm256_add_ps(sum, e[j]);
    });
  }
  for (; i + 8 <= n; i += 8) {
    const __m256 e = exp8_of_small(_mm256_sub_ps(_mm256_loadu_ps(scores + i), m));
    _mm256_storeu_ps(scores + i, e);
    sum = _mm256_add_ps(sum, e);
  }
  if (i < n) {
    const __m256i mask = lanes_below(int(n - i));
    const __m256 e = exp8_of_small(_mm256_sub_ps(_mm256_maskload_ps(scores + i, mask), m));
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

}  // namespace

void avx2::install_attention(AttentionKernels& kernels) {
  kernels = {.cache = {{pack_f16, direct_scores<F16Keys>, accumulate<F16>, widen_f16},
                       {pack_q8_0, nullptr, nullptr, widen<Q8_0>}},
             .scores = scores,
             .accumulate_widened = accumulate<F32>,
             .softmax = softmax,
             .merge = merge};
}

}  // namespace ridge::cpu
