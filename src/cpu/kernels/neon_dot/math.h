// exp and tanh of four floats, and vectors at the end of a row, shared by the kernels of this
// level. Each file that includes this gets its own copy (anonymous namespace): nothing of it may
// leak out of the level's objects.
#pragma once

#include <arm_neon.h>

#include <cstdint>

namespace ridge::cpu {
namespace {

// n < 4 floats, the rest zero.
inline float32x4_t load_part(const float* p, int64_t n) {
  float x[4] = {};
  for (int64_t i = 0; i < n; ++i) x[i] = p[i];
  return vld1q_f32(x);
}

inline void store_part(float* p, float32x4_t v, int64_t n) {
  float x[4];
  vst1q_f32(x, v);
  for (int64_t i = 0; i < n; ++i) p[i] = x[i];
}

// All ones in the first n lanes.
inline uint32x4_t lanes_below(int64_t n) {
  const uint32x4_t lane = {0, 1, 2, 3};
  return vcltq_u32(lane, vdupq_n_u32(uint32_t(n)));
}

// e^x within 1 ulp: x = n·ln2 + r, |r| <= ln2/2, e^r = 1 + r + r²·P(r) with a minimax P (relative
// error 3e-9), and n is added to the exponent. Results below 2^-126 are 0, so that no sum ever
// meets a subnormal; above the largest float +inf. NaN stays NaN.
inline float32x4_t exp4(float32x4_t x) {
  const float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 0x1.715476p+0f));
  // ln2 in two parts, the first with so few bits that n times it is exact.
  float32x4_t r = vfmsq_f32(x, n, vdupq_n_f32(0.693145751953125f));
  r = vfmsq_f32(r, n, vdupq_n_f32(1.42860677e-6f));
  float32x4_t p = vdupq_n_f32(0x1.6a23d0p-10f);
  p = vfmaq_f32(vdupq_n_f32(0x1.123a20p-7f), p, r);
  p = vfmaq_f32(vdupq_n_f32(0x1.5558f2p-5f), p, r);
  p = vfmaq_f32(vdupq_n_f32(0x1.555492p-3f), p, r);
  p = vfmaq_f32(vdupq_n_f32(0x1.fffffcp-2f), p, r);
  p = vfmaq_f32(r, p, vmulq_f32(r, r));
  p = vaddq_f32(p, vdupq_n_f32(1.0f));
  const int32x4_t shifted = vshlq_n_s32(vcvtq_s32_f32(n), 23);
  const float32x4_t y = vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), shifted));
  const uint32x4_t too_large = vcgtq_f32(x, vdupq_n_f32(88.7228f));
  const uint32x4_t too_small = vcltq_f32(x, vdupq_n_f32(-87.336f));
  const float32x4_t bounded = vbslq_f32(too_large, vdupq_n_f32(__builtin_inff()), y);
  return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(bounded), too_small));
}

inline float32x4_t sigmoid4(float32x4_t x) {
  const float32x4_t one = vdupq_n_f32(1.0f);
  return vdivq_f32(one, vaddq_f32(one, exp4(vnegq_f32(x))));
}

// tanh within 1.5 ulp: an odd polynomial (relative error 5e-9) below 0.625 in magnitude, where
// 1 - 2/(e^2|x| + 1) would cancel.
inline float32x4_t tanh4(float32x4_t x) {
  const float32x4_t magnitude = vabsq_f32(x);
  const float32x4_t square = vmulq_f32(x, x);
  float32x4_t p = vdupq_n_f32(-0.005704987f);
  p = vfmaq_f32(vdupq_n_f32(0.020639088f), p, square);
  p = vfmaq_f32(vdupq_n_f32(-0.053739715f), p, square);
  p = vfmaq_f32(vdupq_n_f32(0.13331442f), p, square);
  p = vfmaq_f32(vdupq_n_f32(-0.3333328f), p, square);
  const float32x4_t small = vfmaq_f32(x, vmulq_f32(p, square), x);
  const float32x4_t e = exp4(vaddq_f32(magnitude, magnitude));
  const float32x4_t one = vdupq_n_f32(1.0f);
  const float32x4_t large = vsubq_f32(one, vdivq_f32(vdupq_n_f32(2.0f), vaddq_f32(e, one)));
  const float32x4_t with_sign = vbslq_f32(vdupq_n_u32(0x80000000u), x, large);
  return vbslq_f32(vcltq_f32(magnitude, vdupq_n_f32(0.625f)), small, with_sign);
}

// (0+1) + (2+3)
inline float sum4(float32x4_t v) {
  const float32x2_t pairs = vpadd_f32(vget_low_f32(v), vget_high_f32(v));
  return vget_lane_f32(vpadd_f32(pairs, pairs), 0);
}

}  // namespace
}  // namespace ridge::cpu
