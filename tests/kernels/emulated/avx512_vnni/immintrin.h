// Stands before the compiler's own immintrin.h when the avx512_vnni kernels are compiled for tests
// on a machine without AVX-512: SIMDe spells their instructions in simpler ones, and this file
// those that SIMDe 0.7 lacks.
#pragma once

#include_next <immintrin.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#define SIMDE_NO_INLINE  // kernels are unrolled: with every instruction a loop, compiling takes
                         // minutes
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <simde/x86/avx512.h>
#pragma GCC diagnostic pop

namespace {

// Applies fn to each half of the 512 bits.
template <class Out, class In, class Fn>
Out emulate_halves(const In& in, Fn fn) {
  Out out;
  for (int i = 0; i < 2; ++i) {
    const auto half = fn(reinterpret_cast<const char*>(&in) + i * sizeof(in) / 2);
    __builtin_memcpy(reinterpret_cast<char*>(&out) + 32 * i, &half, 32);
  }
  return out;
}

inline __m128i load_128(const char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
inline __m256i load_256(const char* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

inline simde__m512 emulated_cvtepi32_ps(simde__m512i a) {
  return emulate_halves<simde__m512>(a,
                                     [](const char* p) { return _mm256_cvtepi32_ps(load_256(p)); });
}
inline simde__m512i emulated_cvtps_epi32(simde__m512 a) {
  return emulate_halves<simde__m512i>(a, [](const char* p) {
    return _mm256_cvtps_epi32(_mm256_loadu_ps(reinterpret_cast<const float*>(p)));
  });
}
inline simde__m512i emulated_cvtepi8_epi32(__m128i a) {
  return emulate_halves<simde__m512i>(a, [](const char* p) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  });
}
inline simde__m512i emulated_cvtepu8_epi32(__m128i a) {
  return emulate_halves<simde__m512i>(a, [](const char* p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  });
}
inline simde__m512i emulated_cvtepu16_epi32(__m256i a) {
  return emulate_halves<simde__m512i>(
      a, [](const char* p) { return _mm256_cvtepu16_epi32(load_128(p)); });
}
inline simde__m512 emulated_cvtph_ps(__m256i a) {
  return emulate_halves<simde__m512>(a, [](const char* p) { return _mm256_cvtph_ps(load_128(p)); });
}
inline simde__m512i emulated_srai_epi32(simde__m512i a, int n) {
  return emulate_halves<simde__m512i>(
      a, [n](const char* p) { return _mm256_srai_epi32(load_256(p), n); });
}

}  // namespace

#define _mm512_cvtepi32_ps emulated_cvtepi32_ps
#define _mm512_cvtps_epi32 emulated_cvtps_epi32
#define _mm512_cvtepi8_epi32 emulated_cvtepi8_epi32
#define _mm512_cvtepu8_epi32 emulated_cvtepu8_epi32
#define _mm512_cvtepu16_epi32 emulated_cvtepu16_epi32
#define _mm512_cvtph_ps emulated_cvtph_ps
#undef _mm512_srai_epi32
#define _mm512_srai_epi32 emulated_srai_epi32
