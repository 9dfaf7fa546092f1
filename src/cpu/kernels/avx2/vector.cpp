// f32 rows, eight at a time. The last, partial vector takes the same path under a mask, so that an
// element's bits do not depend on where it stands.
#include "cpu/kernels/avx2/math.h"
#include "cpu/kernels/vector_kernels.h"

namespace ridge::cpu {
namespace {

// out[i] = f(a[i], b[i])
template <class F>
void map2(float* out, const float* a, const float* b, int64_t n, F f) {
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    _mm256_storeu_ps(out + i, f(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i)));
  }
  if (i < n) {
    const __m256i mask = lanes_below(int(n - i));
    const __m256 y = f(_mm256_maskload_ps(a + i, mask), _mm256_maskload_ps(b + i, mask));
    _mm256_maskstore_ps(out + i, mask, y);
  }
}

template <class F>
void map(float* x, int64_t n, F f) {
  map2(x, x, x, n, [&](__m256 a, __m256) { return f(a); });
}

struct Silu {
  static __m256 of(__m256 x) { return _mm256_mul_ps(x, sigmoid8(x)); }
};
// (1 + tanh(u)) / 2 = 1 / (1 + e^-2u)
struct GeluTanh {
  static __m256 of(__m256 x) {
    const __m256 linear = _mm256_set1_ps(2 * 0.7978845608f);
    const __m256 cubic = _mm256_set1_ps(2 * 0.7978845608f * 0.044715f);
    const __m256 inner = _mm256_fmadd_ps(_mm256_mul_ps(x, x), cubic, linear);
    return _mm256_mul_ps(x, sigmoid8(_mm256_mul_ps(x, inner)));
  }
};
struct Relu {
  static __m256 of(__m256 x) { return _mm256_max_ps(x, _mm256_setzero_ps()); }
};
struct Sigmoid {
  static __m256 of(__m256 x) { return sigmoid8(x); }
};
struct Identity {
  static __m256 of(__m256 x) { return x; }
};

template <class F>
void gated(float* out, const float* gate, const float* up, int64_t n) {
  map2(out, gate, up, n, [](__m256 g, __m256 u) { return _mm256_mul_ps(F::of(g), u); });
}

template <class F>
void activate(float* x, int64_t n) {
  map(x, n, [](__m256 a) { return F::of(a); });
}

void gated_clamped_swish(float* out, const float* gate, const float* up, int64_t n) {
  const __m256 limit = _mm256_set1_ps(7.0f), lowest = _mm256_set1_ps(-7.0f);
  const __m256 steepness = _mm256_set1_ps(1.702f), one = _mm256_set1_ps(1.0f);
  map2(out, gate, up, n, [&](__m256 g, __m256 u) {
    g = _mm256_min_ps(limit, g);  // the second operand is what a NaN survives in
    u = _mm256_max_ps(lowest, _mm256_min_ps(limit, u));
    const __m256 swish = _mm256_mul_ps(g, sigmoid8(_mm256_mul_ps(g, steepness)));
    return _mm256_mul_ps(swish, _mm256_add_ps(u, one));
  });
}

__m256 add_square(__m256 sum, __m256 x) {
  return _mm256_fmadd_ps(x, x, sum);
}

void rms_norm(float* out, const float* x, const float* weight, int64_t n, float eps) {
  __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
  int64_t i = 0;
  for (; i + 32 <= n; i += 32) {
    s0 = add_square(s0, _mm256_loadu_ps(x + i));
    s1 = add_square(s1, _mm256_loadu_ps(x + i + 8));
    s2 = add_square(s2, _mm256_loadu_ps(x + i + 16));
    s3 = add_square(s3, _mm256_loadu_ps(x + i + 24));
  }
  for (; i + 8 <= n; i += 8) s0 = add_square(s0, _mm256_loadu_ps(x + i));
  if (i < n) s1 = add_square(s1, _mm256_maskload_ps(x + i, lanes_below(int(n - i))));
  const float sum = sum8(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
  const float mean = sum / float(n) + eps;
  const __m256 factor = _mm256_set1_ps(1.0f / _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(mean))));
  map2(out, x, weight, n,
       [&](__m256 a, __m256 w) { return _mm256_mul_ps(_mm256_mul_ps(a, factor), w); });
}

// The sum of f(x[i]).
template <class F>
float sum_of(const float* x, int64_t n, F f) {
  __m256 s0 = _mm256_setzero_ps(), s1 = s0;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    s0 = _mm256_add_ps(s0, f(_mm256_loadu_ps(x + i)));
    s1 = _mm256_add_ps(s1, f(_mm256_loadu_ps(x + i + 8)));
  }
  for (; i < n; i += 8) {
    const __m256i mask = lanes_below(int(n - i < 8 ? n - i : 8));
    const __m256 value = f(_mm256_maskload_ps(x + i, mask));
    s0 = _mm256_add_ps(s0, _mm256_and_ps(value, _mm256_castsi256_ps(mask)));
  }
  return sum8(_mm256_add_ps(s0, s1));
}

void layer_norm(float* out, const float* x, const float* weight, const float* bias, int64_t n,
                float eps) {
  const __m256 mean = _mm256_set1_ps(sum_of(x, n, [](__m256 a) { return a; }) / float(n));
  const float squares = sum_of(x, n, [&](__m256 a) {
    const __m256 d = _mm256_sub_ps(a, mean);
    return _mm256_mul_ps(d, d);
  });
  const __m128 variance = _mm_set_ss(squares / float(n) + eps);
  const __m256 factor = _mm256_set1_ps(1.0f / _mm_cvtss_f32(_mm_sqrt_ss(variance)));
  map2(out, x, weight, n, [&](__m256 a, __m256 w) {
    return _mm256_mul_ps(_mm256_mul_ps(_mm256_sub_ps(a, mean), factor), w);
  });
  if (bias) map2(out, out, bias, n, [](__m256 a, __m256 b) { return _mm256_add_ps(a, b); });
}

void add(float* out, const float* x, int64_t n) {
  map2(out, out, x, n, [](__m256 a, __m256 b) { return _mm256_add_ps(a, b); });
}

void scale(float* x, float factor, int64_t n) {
  const __m256 f = _mm256_set1_ps(factor);
  map(x, n, [&](__m256 a) { return _mm256_mul_ps(a, f); });
}

void softcap(float* x, float cap, int64_t n) {
  const __m256 c = _mm256_set1_ps(cap);
  map(x, n, [&](__m256 a) { return _mm256_mul_ps(c, tanh8(_mm256_div_ps(a, c))); });
}

// Eight pairs a + ib times (cosine + i·sine).
void turn(__m256& a, __m256& b, __m256 cosine, __m256 sine) {
  const __m256 turned = _mm256_fmsub_ps(a, cosine, _mm256_mul_ps(b, sine));
  b = _mm256_fmadd_ps(a, sine, _mm256_mul_ps(b, cosine));
  a = turned;
}

void rotate_halves(float* x, const float* cosines, const float* sines, int64_t n) {
  for (int64_t i = 0; i < n; i += 8) {
    const __m256i mask = lanes_below(int(n - i < 8 ? n - i : 8));
    __m256 a = _mm256_maskload_ps(x + i, mask);
    __m256 b = _mm256_maskload_ps(x + n + i, mask);
    turn(a, b, _mm256_maskload_ps(cosines + i, mask), _mm256_maskload_ps(sines + i, mask));
    _mm256_maskstore_ps(x + i, mask, a);
    _mm256_maskstore_ps(x + n + i, mask, b);
  }
}

// [a0 b0 a1 b1 …] of sixteen floats is split into a and b in the order 0 1 4 5 2 3 6 7.
void rotate_interleaved(float* x, const float* cosines, const float* sines, int64_t n) {
  const __m256i order = _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7);
  for (int64_t i = 0; i < n; i += 8) {
    const int left = int(n - i < 8 ? n - i : 8);
    const __m256i mask = lanes_below(left);
    const __m256i low = lanes_below(2 * left < 8 ? 2 * left : 8);
    const __m256i high = lanes_below(2 * left > 8 ? 2 * left - 8 : 0);
    const __m256 first = _mm256_maskload_ps(x + 2 * i, low);
    const __m256 second = _mm256_maskload_ps(x + 2 * i + 8, high);
    __m256 a = _mm256_shuffle_ps(first, second, 0x88);
    __m256 b = _mm256_shuffle_ps(first, second, 0xdd);
    const __m256 cosine = _mm256_maskload_ps(cosines + i, mask);
    const __m256 sine = _mm256_maskload_ps(sines + i, mask);
    turn(a, b, _mm256_permutevar8x32_ps(cosine, order), _mm256_permutevar8x32_ps(sine, order));
    _mm256_maskstore_ps(x + 2 * i, low, _mm256_unpacklo_ps(a, b));
    _mm256_maskstore_ps(x + 2 * i + 8, high, _mm256_unpackhi_ps(a, b));
  }
}

void store_f16(std::byte* out, const float* x, int64_t n) {
  constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 2 * i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(x + i), kNearest));
  }
  for (; i < n; ++i) {
    const __m128i half = _mm_cvtps_ph(_mm_set_ss(x[i]), kNearest);
    const auto bits = uint16_t(_mm_cvtsi128_si32(half));
    __builtin_memcpy(out + 2 * i, &bits, 2);
  }
}

// v rounded half away from zero, as the reference codec does: adding the largest float below 1/2
// with v's sign cannot lift anything under a half over it.
__m256i round_away(__m256 v) {
  const __m256 sign = _mm256_and_ps(v, _mm256_set1_ps(-0.0f));
  return _mm256_cvttps_epi32(_mm256_add_ps(v, _mm256_or_ps(sign, _mm256_set1_ps(0x1.fffffep-2f))));
}

// Block of 32: d (f16) = max|x| / 127, then int8 levels x / d.
void store_q8_0_block(std::byte* out, const float* x) {
  __m256 v[4];
  __m256 most = _mm256_setzero_ps();
  for (int i = 0; i < 4; ++i) {
    v[i] = _mm256_loadu_ps(x + 8 * i);
    most = _mm256_max_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), v[i]), most);
  }
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(most), _mm256_extractf128_ps(most, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  m = _mm_max_ss(m, _mm_movehdup_ps(m));
  const float d = _mm_cvtss_f32(m) / 127.0f;
  const auto bits = uint16_t(_mm_cvtsi128_si32(_mm_cvtps_ph(_mm_set_ss(d), 0)));
  __builtin_memcpy(out, &bits, 2);
  const __m256 inverse = _mm256_set1_ps(d == 0.0f ? 0.0f : 1.0f / d);
  __m256i q[4];
  const __m256 limit = _mm256_set1_ps(127.0f);
  const __m256 minus_limit = _mm256_set1_ps(-127.0f);
  for (int i = 0; i < 4; ++i) {
    const __m256 level = _mm256_max_ps(_mm256_mul_ps(v[i], inverse), minus_limit);  // NaN: -127
    q[i] = round_away(_mm256_min_ps(level, limit));
  }
  // Packing works within halves: dwords come out as 0 4 1 5 … of the four inputs.
  const __m256i words0 = _mm256_packs_epi32(q[0], q[1]);
  const __m256i words1 = _mm256_packs_epi32(q[2], q[3]);
  const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(words0, words1),
                                                    _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 2), bytes);
}

void store_q8_0(std::byte* out, const float* x, int64_t n) {
  for (int64_t i = 0; i < n; i += 32, out += 34) store_q8_0_block(out, x + i);
}

}  // namespace

void avx2::install_vector(VectorKernels& kernels) {
  kernels.gated_activation[0] = gated<Silu>;
  kernels.gated_activation[1] = gated<GeluTanh>;
  kernels.gated_activation[3] = gated<Relu>;
  kernels.gated_activation[4] = gated_clamped_swish;
  kernels.gated_activation[5] = gated<Sigmoid>;
  kernels.gated_activation[6] = gated<Identity>;
  kernels.activation[0] = activate<Silu>;
  kernels.activation[1] = activate<GeluTanh>;
  kernels.activation[3] = activate<Relu>;
  kernels.layer_norm = layer_norm;
  kernels.rms_norm = rms_norm;
  kernels.add = add;
  kernels.scale = scale;
  kernels.softcap = softcap;
  kernels.rotate[0] = rotate_interleaved;
  kernels.rotate[1] = rotate_halves;
  kernels.store_f16 = store_f16;
  kernels.store_q8_0 = store_q8_0;
}

}  // namespace ridge::cpu
