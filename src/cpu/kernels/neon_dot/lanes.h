// NEON as attention.inl and recurrent.inl see it.
#pragma once

#include <arm_neon.h>

namespace ridge::cpu {
namespace {

struct Lanes {
  using Float = float32x4_t;
  static constexpr int kWidth = 4;
  static constexpr int kSums = 24;  // accumulators that fit the registers beside their operands

  static Float zero() { return vdupq_n_f32(0.0f); }
  static Float load(const float* p) { return vld1q_f32(p); }
  static Float broadcast(const float* p) { return vld1q_dup_f32(p); }
  static Float add(Float a, Float b) { return vaddq_f32(a, b); }
  static Float sub(Float a, Float b) { return vsubq_f32(a, b); }
  static Float mul(Float a, Float b) { return vmulq_f32(a, b); }
  static Float fma(Float a, Float b, Float c) { return vfmaq_f32(c, a, b); }
  static void store(float* p, Float x) { vst1q_f32(p, x); }
};

}  // namespace
}  // namespace ridge::cpu
