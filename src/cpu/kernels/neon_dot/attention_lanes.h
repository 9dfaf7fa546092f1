// Rows of a cache as attention.inl reads them, in NEON.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "cpu/kernels/neon_dot/lanes.h"

namespace ridge::cpu {
namespace {

// How a row is read: a step of kStep values from position i, as vectors.
struct F32 {
  static constexpr int kStep = 8;
  struct Step {
    const float* x;
    float32x4_t operator[](int u) const { return vld1q_f32(x + 4 * u); }
  };
  static Step at(const std::byte* row, int64_t i) {
    return {reinterpret_cast<const float*>(row) + i};
  }
};
struct F16 {
  static constexpr int kStep = 8;
  struct Step {
    float16x8_t x;
    float32x4_t operator[](int u) const {
      return u == 0 ? vcvt_f32_f16(vget_low_f16(x)) : vcvt_high_f32_f16(x);
    }
  };
  static Step at(const std::byte* row, int64_t i) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(row + 2 * i);
    return {vreinterpretq_f16_u8(vld1q_u8(bytes))};
  }
};
struct Q8_0 {  // blocks of 32: f16 scale, int8 levels
  static constexpr int kStep = 32;
  struct Step {
    const int8_t* levels;
    float32x4_t d;
    float32x4_t operator[](int u) const {
      const int16x8_t eight = vmovl_s8(vld1_s8(levels + u / 2 * 8));
      const int32x4_t four = u % 2 == 0 ? vmovl_s16(vget_low_s16(eight)) : vmovl_high_s16(eight);
      return vmulq_f32(d, vcvtq_f32_s32(four));
    }
  };
  static Step at(const std::byte* row, int64_t i) {
    const std::byte* block = row + i / 32 * 34;
    uint16_t bits;
    __builtin_memcpy(&bits, block, 2);
    const float32x4_t d = vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(bits)));
    return {reinterpret_cast<const int8_t*>(block + 2 + i % 32), d};
  }
};

}  // namespace
}  // namespace ridge::cpu
