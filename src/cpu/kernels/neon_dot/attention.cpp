// Attention, four floats at a time: the products of attention.inl, and what prepares and follows
// them.
#include "cpu/kernels/attention_kernels.h"
#include "cpu/kernels/neon_dot/attention_lanes.h"
#include "cpu/kernels/neon_dot/math.h"
#include "cpu/kernels/unroll.h"
//
#include "cpu/kernels/attention.inl"

namespace ridge::cpu {
namespace {

float half_at(const std::byte* p) {
  uint16_t bits;
  __builtin_memcpy(&bits, p, 2);
  return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(bits))), 0);
}

template <class Element>
void widen(float* out, const std::byte* values, int64_t n) {
  for (int64_t i = 0; i < n; i += Element::kStep) {
    const auto step = Element::at(values, i);
    for (int u = 0; u < Element::kStep / 4; ++u) vst1q_f32(out + i + 4 * u, step[u]);
  }
}

void widen_f16(float* out, const std::byte* values, int64_t n) {
  widen<F16>(out, values, n & ~int64_t{7});
  for (int64_t i = n & ~int64_t{7}; i < n; ++i) out[i] = half_at(values + 2 * i);
}

// Value i of four positions goes to out[i * kPanelKeys], four values of each being given.
void store_transposed(float* out, const float32x4_t (&rows)[4]) {
  const float32x4x2_t even = vzipq_f32(rows[0], rows[2]);
  const float32x4x2_t odd = vzipq_f32(rows[1], rows[3]);
  const float32x4x2_t low = vzipq_f32(even.val[0], odd.val[0]);
  const float32x4x2_t high = vzipq_f32(even.val[1], odd.val[1]);
  vst1q_f32(out, low.val[0]);
  vst1q_f32(out + kPanelKeys, low.val[1]);
  vst1q_f32(out + 2 * kPanelKeys, high.val[0]);
  vst1q_f32(out + 3 * kPanelKeys, high.val[1]);
}

// The first dim values, a multiple of the step.
template <class Element>
void pack_keys(float* panel, const std::byte* const* keys, int64_t dim) {
  for (int64_t key = 0; key < kPanelKeys; key += 4) {
    for (int64_t i = 0; i < dim; i += Element::kStep) {
      typename Element::Step steps[4];
      unroll<4>([&](auto j)
                    __attribute__((always_inline)) { steps[j] = Element::at(keys[key + j], i); });
      unroll<Element::kStep / 4>([&](auto u) __attribute__((always_inline)) {
        const float32x4_t rows[4] = {steps[0][u], steps[1][u], steps[2][u], steps[3][u]};
        store_transposed(panel + (i + 4 * u) * kPanelKeys + key, rows);
      });
    }
  }
}

void pack_f16(float* panel, const std::byte* const* keys, int64_t dim) {
  const int64_t even = dim & ~int64_t{7};
  pack_keys<F16>(panel, keys, even);
  for (int64_t key = 0; key < kPanelKeys; ++key) {
    for (int64_t i = even; i < dim; ++i) panel[i * kPanelKeys + key] = half_at(keys[key] + 2 * i);
  }
}

float32x4_t capped(float32x4_t x, float32x4_t cap) {
  return vmulq_f32(cap, tanh4(vdivq_f32(x, cap)));
}

void cap_scores(float* scores, int64_t n, float cap) {
  const float32x4_t c = vdupq_n_f32(cap);
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) vst1q_f32(scores + i, capped(vld1q_f32(scores + i), c));
  if (i < n) store_part(scores + i, capped(load_part(scores + i, n - i), c), n - i);
}

float max_of(const float* x, int64_t n) {
  const float32x4_t lowest = vdupq_n_f32(-__builtin_inff());
  float32x4_t most = lowest;
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) most = vmaxnmq_f32(vld1q_f32(x + i), most);
  if (i < n) {
    const float32x4_t rest = vbslq_f32(lanes_below(n - i), load_part(x + i, n - i), lowest);
    most = vmaxnmq_f32(rest, most);
  }
  return vmaxnmvq_f32(most);
}

SoftmaxSums softmax(float* scores, int64_t n, float cap) {
  if (cap > 0.0f) cap_scores(scores, n, cap);
  const float max = max_of(scores, n);
  const float32x4_t m = vdupq_n_f32(max);
  float32x4_t sum = vdupq_n_f32(0.0f);
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const float32x4_t e = exp4(vsubq_f32(vld1q_f32(scores + i), m));
    vst1q_f32(scores + i, e);
    sum = vaddq_f32(sum, e);
  }
  if (i < n) {
    const float32x4_t e = exp4(vsubq_f32(load_part(scores + i, n - i), m));
    store_part(scores + i, e, n - i);
    const uint32x4_t bits = vandq_u32(vreinterpretq_u32_f32(e), lanes_below(n - i));
    sum = vaddq_f32(sum, vreinterpretq_f32_u32(bits));
  }
  return {.max = max, .sum = sum4(sum)};
}

void merge(float* a, float a_factor, const float* b, float b_factor, int64_t n) {
  for (int64_t i = 0; i < n; i += 4) {
    const float32x4_t scaled = vmulq_n_f32(vld1q_f32(b + i), b_factor);
    vst1q_f32(a + i, vfmaq_n_f32(scaled, vld1q_f32(a + i), a_factor));
  }
}

}  // namespace

void neon_dot::install_attention(AttentionKernels& kernels) {
  kernels = {.cache = {{pack_f16, nullptr, accumulate<F16>, widen_f16},
                       {pack_keys<Q8_0>, nullptr, nullptr, widen<Q8_0>}},
             .scores = scores,
             .accumulate_widened = accumulate<F32>,
             .softmax = softmax,
             .merge = merge};
}

}  // namespace ridge::cpu
