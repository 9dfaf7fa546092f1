// f32 rows, four at a time. The last, partial vector takes the same path through a padded copy, so
// that an element's bits do not depend on where it stands.
#include "cpu/kernels/neon_dot/math.h"
#include "cpu/kernels/vector_kernels.h"

namespace ridge::cpu {
namespace {

// out[i] = f(a[i], b[i])
template <class F>
void map2(float* out, const float* a, const float* b, int64_t n, F f) {
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) vst1q_f32(out + i, f(vld1q_f32(a + i), vld1q_f32(b + i)));
  if (i < n) store_part(out + i, f(load_part(a + i, n - i), load_part(b + i, n - i)), n - i);
}

template <class F>
void map(float* x, int64_t n, F f) {
  map2(x, x, x, n, [&](float32x4_t a, float32x4_t) { return f(a); });
}

struct Silu {
  static float32x4_t of(float32x4_t x) { return vmulq_f32(x, sigmoid4(x)); }
};
// (1 + tanh(u)) / 2 = 1 / (1 + e^-2u)
struct GeluTanh {
  static float32x4_t of(float32x4_t x) {
    const float32x4_t linear = vdupq_n_f32(2 * 0.7978845608f);
    const float32x4_t cubic = vdupq_n_f32(2 * 0.7978845608f * 0.044715f);
    const float32x4_t inner = vfmaq_f32(linear, vmulq_f32(x, x), cubic);
    return vmulq_f32(x, sigmoid4(vmulq_f32(x, inner)));
  }
};
struct Relu {
  static float32x4_t of(float32x4_t x) { return vmaxnmq_f32(x, vdupq_n_f32(0.0f)); }
};
struct Sigmoid {
  static float32x4_t of(float32x4_t x) { return sigmoid4(x); }
};
struct Identity {
  static float32x4_t of(float32x4_t x) { return x; }
};

template <class F>
void gated(float* out, const float* gate, const float* up, int64_t n) {
  map2(out, gate, up, n, [](float32x4_t g, float32x4_t u) { return vmulq_f32(F::of(g), u); });
}

template <class F>
void activate(float* x, int64_t n) {
  map(x, n, [](float32x4_t a) { return F::of(a); });
}

void gated_clamped_swish(float* out, const float* gate, const float* up, int64_t n) {
  const float32x4_t limit = vdupq_n_f32(7.0f), lowest = vdupq_n_f32(-7.0f);
  map2(out, gate, up, n, [&](float32x4_t g, float32x4_t u) {
    g = vminq_f32(g, limit);
    u = vmaxq_f32(vminq_f32(u, limit), lowest);
    const float32x4_t swish = vmulq_f32(g, sigmoid4(vmulq_n_f32(g, 1.702f)));
    return vmulq_f32(swish, vaddq_f32(u, vdupq_n_f32(1.0f)));
  });
}

float32x4_t add_square(float32x4_t sum, float32x4_t x) {
  return vfmaq_f32(sum, x, x);
}

void rms_norm(float* out, const float* x, const float* weight, int64_t n, float eps) {
  float32x4_t s0 = vdupq_n_f32(0.0f), s1 = s0, s2 = s0, s3 = s0;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    s0 = add_square(s0, vld1q_f32(x + i));
    s1 = add_square(s1, vld1q_f32(x + i + 4));
    s2 = add_square(s2, vld1q_f32(x + i + 8));
    s3 = add_square(s3, vld1q_f32(x + i + 12));
  }
  for (; i + 4 <= n; i += 4) s0 = add_square(s0, vld1q_f32(x + i));
  if (i < n) s1 = add_square(s1, load_part(x + i, n - i));
  const float sum = sum4(vaddq_f32(vaddq_f32(s0, s1), vaddq_f32(s2, s3)));
  const float32x4_t mean = vdupq_n_f32(sum / float(n) + eps);
  const float32x4_t factor = vdivq_f32(vdupq_n_f32(1.0f), vsqrtq_f32(mean));
  map2(out, x, weight, n,
       [&](float32x4_t a, float32x4_t w) { return vmulq_f32(vmulq_f32(a, factor), w); });
}

// The sum of f(x[i]).
template <class F>
float sum_of(const float* x, int64_t n, F f) {
  float32x4_t s0 = vdupq_n_f32(0.0f), s1 = s0;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 = vaddq_f32(s0, f(vld1q_f32(x + i)));
    s1 = vaddq_f32(s1, f(vld1q_f32(x + i + 4)));
  }
  for (; i + 4 <= n; i += 4) s0 = vaddq_f32(s0, f(vld1q_f32(x + i)));
  if (i < n) {
    const uint32x4_t value = vreinterpretq_u32_f32(f(load_part(x + i, n - i)));
    s0 = vaddq_f32(s0, vreinterpretq_f32_u32(vandq_u32(value, lanes_below(n - i))));
  }
  return sum4(vaddq_f32(s0, s1));
}

void layer_norm(float* out, const float* x, const float* weight, const float* bias, int64_t n,
                float eps) {
  const float32x4_t mean = vdupq_n_f32(sum_of(x, n, [](float32x4_t a) { return a; }) / float(n));
  const float squares = sum_of(x, n, [&](float32x4_t a) {
    const float32x4_t d = vsubq_f32(a, mean);
    return vmulq_f32(d, d);
  });
  const float32x4_t variance = vdupq_n_f32(squares / float(n) + eps);
  const float32x4_t factor = vdivq_f32(vdupq_n_f32(1.0f), vsqrtq_f32(variance));
  map2(out, x, weight, n, [&](float32x4_t a, float32x4_t w) {
    return vmulq_f32(vmulq_f32(vsubq_f32(a, mean), factor), w);
  });
  if (bias) map2(out, out, bias, n, [](float32x4_t a, float32x4_t b) { return vaddq_f32(a, b); });
}

void add(float* out, const float* x, int64_t n) {
  map2(out, out, x, n, [](float32x4_t a, float32x4_t b) { return vaddq_f32(a, b); });
}

void scale(float* x, float factor, int64_t n) {
  map(x, n, [&](float32x4_t a) { return vmulq_n_f32(a, factor); });
}

void softcap(float* x, float cap, int64_t n) {
  const float32x4_t c = vdupq_n_f32(cap);
  map(x, n, [&](float32x4_t a) { return vmulq_f32(c, tanh4(vdivq_f32(a, c))); });
}

// Four pairs a + ib times (cosine + i·sine).
void turn(float32x4_t& a, float32x4_t& b, float32x4_t cosine, float32x4_t sine) {
  const float32x4_t turned = vfmaq_f32(vnegq_f32(vmulq_f32(b, sine)), a, cosine);
  b = vfmaq_f32(vmulq_f32(b, cosine), a, sine);
  a = turned;
}

void rotate_halves(float* x, const float* cosines, const float* sines, int64_t n) {
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    float32x4_t a = vld1q_f32(x + i);
    float32x4_t b = vld1q_f32(x + n + i);
    turn(a, b, vld1q_f32(cosines + i), vld1q_f32(sines + i));
    vst1q_f32(x + i, a);
    vst1q_f32(x + n + i, b);
  }
  if (i < n) {
    const int64_t rest = n - i;
    float32x4_t a = load_part(x + i, rest);
    float32x4_t b = load_part(x + n + i, rest);
    turn(a, b, load_part(cosines + i, rest), load_part(sines + i, rest));
    store_part(x + i, a, rest);
    store_part(x + n + i, b, rest);
  }
}

void rotate_4_interleaved(float* x, float32x4_t cosine, float32x4_t sine) {
  float32x4x2_t pairs = vld2q_f32(x);
  turn(pairs.val[0], pairs.val[1], cosine, sine);
  vst2q_f32(x, pairs);
}

void rotate_interleaved(float* x, const float* cosines, const float* sines, int64_t n) {
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    rotate_4_interleaved(x + 2 * i, vld1q_f32(cosines + i), vld1q_f32(sines + i));
  }
  if (i < n) {
    const int64_t rest = n - i;
    float pairs[8] = {};
    for (int64_t j = 0; j < 2 * rest; ++j) pairs[j] = x[2 * i + j];
    rotate_4_interleaved(pairs, load_part(cosines + i, rest), load_part(sines + i, rest));
    for (int64_t j = 0; j < 2 * rest; ++j) x[2 * i + j] = pairs[j];
  }
}

void store_half(std::byte* out, float32x4_t x) {
  const uint16_t bits = vget_lane_u16(vreinterpret_u16_f16(vcvt_f16_f32(x)), 0);
  __builtin_memcpy(out, &bits, 2);
}

void store_f16(std::byte* out, const float* x, int64_t n) {
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const float16x4_t halves = vcvt_f16_f32(vld1q_f32(x + i));
    vst1_u8(reinterpret_cast<uint8_t*>(out + 2 * i), vreinterpret_u8_f16(halves));
  }
  for (; i < n; ++i) store_half(out + 2 * i, vdupq_n_f32(x[i]));
}

// Block of 32: d (f16) = max|x| / 127, then int8 levels x / d, halves rounded away from zero as the
// reference codec does.
void store_q8_0_block(std::byte* out, const float* x) {
  float32x4_t most = vdupq_n_f32(0.0f);
  for (int i = 0; i < 32; i += 4) most = vmaxnmq_f32(vabsq_f32(vld1q_f32(x + i)), most);
  const float d = vmaxnmvq_f32(most) / 127.0f;
  store_half(out, vdupq_n_f32(d));
  const float inverse = d == 0.0f ? 0.0f : 1.0f / d;
  const auto words = [&](int i) {
    float32x4_t level = vmulq_n_f32(vld1q_f32(x + i), inverse);
    level = vmaxnmq_f32(level, vdupq_n_f32(-127.0f));  // NaN: -127
    return vmovn_s32(vcvtaq_s32_f32(vminnmq_f32(level, vdupq_n_f32(127.0f))));
  };
  for (int i = 0; i < 32; i += 8) {
    const int8x8_t levels = vmovn_s16(vcombine_s16(words(i), words(i + 4)));
    vst1_s8(reinterpret_cast<int8_t*>(out + 2 + i), levels);
  }
}

void store_q8_0(std::byte* out, const float* x, int64_t n) {
  for (int64_t i = 0; i < n; i += 32, out += 34) store_q8_0_block(out, x + i);
}

}  // namespace

void neon_dot::install_vector(VectorKernels& kernels) {
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
