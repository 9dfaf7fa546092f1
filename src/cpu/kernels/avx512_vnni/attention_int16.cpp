// Attention in int16, sixteen pairs at a time, and the operands of which there are many; the rest
// is avx2's.
#include <immintrin.h>

#include "cpu/kernels/attention_kernels.h"
#include "cpu/kernels/avx2/int16_rows.h"
#include "cpu/kernels/unroll.h"

namespace ridge::cpu {
namespace {

struct Words {
  using Int = __m512i;
  static constexpr int kWidth = 16;  // pairs, or sums
  static constexpr int kRows = 6;
  static constexpr int kSums = 24;

  static Int zero() { return _mm512_setzero_si512(); }
  static Int load(const void* p) { return _mm512_loadu_si512(p); }
  static void store(void* p, Int x) { _mm512_storeu_si512(p, x); }
  static Int broadcast(const int16_t* pair) {
    int32_t bits;
    __builtin_memcpy(&bits, pair, 4);
    return _mm512_set1_epi32(bits);
  }
  static Int multiply_add(Int sum, Int a, Int b) { return _mm512_dpwssd_epi32(sum, a, b); }
  static void store_scaled(float* out, Int sum, float scale, const float* scales) {
    const __m512 factors = _mm512_mul_ps(_mm512_set1_ps(scale), _mm512_loadu_ps(scales));
    _mm512_storeu_ps(out, _mm512_mul_ps(_mm512_cvtepi32_ps(sum), factors));
  }
};

}  // namespace
}  // namespace ridge::cpu

#include "cpu/kernels/attention_int16.inl"

namespace ridge::cpu {
namespace {

// Rows as in avx2, 32 values at a time.
struct F16 : F16Row {
  static __m512i rounded(const std::byte* row, int64_t i, float factor) {
    const __m512 x = _mm512_cvtph_ps(load_256(row + 2 * i));
    return _mm512_cvtps_epi32(_mm512_mul_ps(x, _mm512_set1_ps(factor)));
  }
  static __m512i words(const std::byte* row, int64_t i, float factor) {
    return _mm512_packs_epi32(rounded(row, i, factor), rounded(row, i + 16, factor));
  }
  static constexpr int pair_of(int dword) { return dword % 4 / 2 * 8 + dword / 4 * 2 + dword % 2; }
  static __m512i pairs(const std::byte* const* rows, int64_t i, const float (&factors)[2]) {
    const __m512i second = _mm512_slli_epi32(rounded(rows[1], i, factors[1]), 16);
    return _mm512_mask_blend_epi16(0xaaaaaaaau, rounded(rows[0], i, factors[0]), second);
  }
};
struct Q8_0 : Q8_0Row {
  static __m512i words(const std::byte* row, int64_t i, float factor) {
    const std::byte* block = row + i / 32 * 34;
    const __m512i levels = _mm512_cvtepi8_epi16(load_256(block + 2));
    return _mm512_mulhrs_epi16(_mm512_slli_epi16(levels, 8),
                               _mm512_set1_epi16(factor_of(block, factor)));
  }
  static __m512i pairs(const std::byte* const* rows, int64_t i, const float (&factors)[2]) {
    const __m512i first = _mm512_cvtepu16_epi32(Q8_0Row::words(rows[0], i, factors[0]));
    const __m512i second = _mm512_cvtepu16_epi32(Q8_0Row::words(rows[1], i, factors[1]));
    return _mm512_or_si512(first, _mm512_slli_epi32(second, 16));
  }
};

// Transposes sixteen rows of sixteen dwords.
[[gnu::always_inline]] inline void transpose_dwords(__m512i (&rows)[16]) {
  __m512i t[16];
  unroll<8>([&](auto i) __attribute__((always_inline)) {
    t[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
  });
  // rows[4 g + c], lane l: dword 4 l + c of the rows 4 g … 4 g + 3
  unroll<4>([&](auto g) __attribute__((always_inline)) {
    rows[4 * g] = _mm512_unpacklo_epi64(t[4 * g], t[4 * g + 2]);
    rows[4 * g + 1] = _mm512_unpackhi_epi64(t[4 * g], t[4 * g + 2]);
    rows[4 * g + 2] = _mm512_unpacklo_epi64(t[4 * g + 1], t[4 * g + 3]);
    rows[4 * g + 3] = _mm512_unpackhi_epi64(t[4 * g + 1], t[4 * g + 3]);
  });
  unroll<4>([&](auto c) __attribute__((always_inline)) {
    const __m512i even01 = _mm512_shuffle_i32x4(rows[c], rows[4 + c], 0x88);
    const __m512i odd01 = _mm512_shuffle_i32x4(rows[c], rows[4 + c], 0xdd);
    const __m512i even23 = _mm512_shuffle_i32x4(rows[8 + c], rows[12 + c], 0x88);
    const __m512i odd23 = _mm512_shuffle_i32x4(rows[8 + c], rows[12 + c], 0xdd);
    t[c] = _mm512_shuffle_i32x4(even01, even23, 0x88);
    t[8 + c] = _mm512_shuffle_i32x4(even01, even23, 0xdd);
    t[4 + c] = _mm512_shuffle_i32x4(odd01, odd23, 0x88);
    t[12 + c] = _mm512_shuffle_i32x4(odd01, odd23, 0xdd);
  });
  unroll<16>([&](auto i) __attribute__((always_inline)) { rows[i] = t[i]; });
}

template <class Row>
void pack_keys(const Int16PackArgs& args, float* scales) {
  const std::byte* const* keys = args.rows;
  const int64_t dim = args.dim;
  find_key_scales<Row>(scales, keys, dim);
  float factors[kPanelKeys];
  for (int64_t j = 0; j < kPanelKeys; ++j) factors[j] = inverse(scales[j]);
  for (int64_t i = 0; i < dim; i += 32) {
    __m512i rows[16];
    unroll<16>([&](auto j) __attribute__((always_inline)) {
      fetch(args.next[j] + Row::offset(i));
      rows[j] = Row::words(keys[j], i, factors[j]);
    });
    transpose_dwords(rows);
    unroll<16>([&](auto j) __attribute__((always_inline)) {
      _mm512_storeu_si512(args.out + (i / 2 + Row::pair_of(j)) * 2 * kPanelKeys, rows[j]);
    });
  }
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
      _mm512_storeu_si512(out, Row::pairs(args.rows + p, i, factors));
    }
  }
}

}  // namespace

void avx512_vnni::install_attention_int16(AttentionKernels& kernels) {
  kernels.int16.scores = scores;
  kernels.int16.accumulate = accumulate;
  kernels.int16.cache[int(KvElement::kF16)].pack_keys = pack_keys<F16>;
  kernels.int16.cache[int(KvElement::kF16)].pack_values = pack_values<F16>;
  kernels.int16.cache[int(KvElement::kQ8_0)].pack_keys = pack_keys<Q8_0>;
  kernels.int16.cache[int(KvElement::kQ8_0)].pack_values = pack_values<Q8_0>;
}

}  // namespace ridge::cpu
