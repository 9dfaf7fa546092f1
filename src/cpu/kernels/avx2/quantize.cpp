// Activation quantisers, 8 floats at a time; the same bytes as generic/quantize.cpp.
#include <immintrin.h>

#include "cpu/kernels/activation.h"
#include "cpu/kernels/matmul_kernels.h"

namespace ridge::cpu {
namespace {

constexpr int kInfinityBits = 0x7f800000;
constexpr float kSmallest = 0x1p-116f;

int32_t max_lane(__m256i v) {
  __m128i m = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
  m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1));
  return _mm_cvtsi128_si32(m);
}

int32_t sum_lanes(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
  return _mm_cvtsi128_si32(s);
}

struct Scale {
  float d;
  float inverse;  // 0: all quants are 0
};

// n is a multiple of 32.
Scale scale_of(const float* x, int n) {
  const __m256i magnitude_mask = _mm256_set1_epi32(0x7fffffff);
  __m256i largest = _mm256_setzero_si256();
  for (int i = 0; i < n; i += 8) {
    const __m256i bits = _mm256_castps_si256(_mm256_loadu_ps(x + i));
    largest = _mm256_max_epi32(largest, _mm256_and_si256(bits, magnitude_mask));
  }
  const int32_t bits = max_lane(largest);
  float magnitude;
  __builtin_memcpy(&magnitude, &bits, 4);
  if (bits >= kInfinityBits) return {__builtin_nanf(""), 0.0f};
  if (magnitude < kSmallest) return {0.0f, 0.0f};
  return {magnitude / 127.0f, 127.0f / magnitude};
}

// 32 values to bytes.
__m256i quantize_32_values(const float* x, __m256 inverse) {
  const auto ints = [&](int i) {
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i), inverse));
  };
  const __m256i low = _mm256_packs_epi32(ints(0), ints(8));
  const __m256i high = _mm256_packs_epi32(ints(16), ints(24));
  // The packs interleave 128-bit lanes: put the dwords back in order.
  return _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high),
                                     _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

// Sums of four bytes in eight lanes.
__m256i sums_of_4(__m256i q) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), q);
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

void quantize_32(const float* x, int64_t n, uint8_t* out) {
  const Block32 layout{n};
  auto* d = reinterpret_cast<float*>(out + layout.scales());
  auto* scaled_sums = reinterpret_cast<float*>(out + layout.scaled_sums());
  auto* sums = reinterpret_cast<int32_t*>(out + layout.sums());
  for (int64_t b = 0; b < n / 32; ++b, x += 32) {
    const Scale scale = scale_of(x, 32);
    __m256i q = _mm256_setzero_si256();
    if (scale.inverse != 0) q = quantize_32_values(x, _mm256_set1_ps(scale.inverse));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32 * b), q);
    const int32_t total = sum_lanes(sums_of_4(q));
    d[b] = scale.d;
    scaled_sums[b] = scale.d * float(total);
    sums[b] = total;
  }
}

void quantize_256(const float* x, int64_t n, uint8_t* out) {
  const Block256 layout{n};
  auto* d = reinterpret_cast<float*>(out + layout.scales());
  auto* of_32 = reinterpret_cast<int16_t*>(out + layout.sums_of_32());
  auto* of_16 = reinterpret_cast<int16_t*>(out + layout.sums_of_16());
  for (int64_t b = 0; b < n / 256; ++b) {
    const Scale scale = scale_of(x, 256);
    d[b] = scale.d;
    for (int i = 0; i < 8; ++i, x += 32, out += 32) {
      __m256i q = _mm256_setzero_si256();
      if (scale.inverse != 0) q = quantize_32_values(x, _mm256_set1_ps(scale.inverse));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), q);
      __m256i sums = sums_of_4(q);
      sums = _mm256_hadd_epi32(sums, sums);
      sums = _mm256_hadd_epi32(sums, sums);  // one sum of 16 in each 128-bit lane
      const int low = _mm_cvtsi128_si32(_mm256_castsi256_si128(sums));
      const int high = _mm_cvtsi128_si32(_mm256_extracti128_si256(sums, 1));
      *of_16++ = int16_t(low);
      *of_16++ = int16_t(high);
      *of_32++ = int16_t(low + high);
    }
  }
}

}  // namespace

void avx2::install_quantize(MatmulKernels& kernels) {
  kernels.quantize[int(ActivationFormat::kBlock32)] = quantize_32;
  kernels.quantize[int(ActivationFormat::kBlock256)] = quantize_256;
}

}  // namespace ridge::cpu
