// Activation quantisers, four floats at a time; the same bytes as generic/quantize.cpp.
#include <arm_neon.h>

#include "cpu/kernels/activation.h"
#include "cpu/kernels/matmul_kernels.h"

namespace ridge::cpu {
namespace {

constexpr uint32_t kInfinityBits = 0x7f800000;
constexpr float kSmallest = 0x1p-116f;

struct Scale {
  float d;
  float inverse;  // 0: all quants are 0
};

// n is a multiple of 4.
Scale scale_of(const float* x, int n) {
  uint32x4_t largest = vdupq_n_u32(0);
  for (int i = 0; i < n; i += 4) {
    const uint32x4_t bits = vreinterpretq_u32_f32(vld1q_f32(x + i));
    largest = vmaxq_u32(largest, vandq_u32(bits, vdupq_n_u32(0x7fffffff)));
  }
  const uint32_t bits = vmaxvq_u32(largest);
  float magnitude;
  __builtin_memcpy(&magnitude, &bits, 4);
  if (bits >= kInfinityBits) return {__builtin_nanf(""), 0.0f};
  if (magnitude < kSmallest) return {0.0f, 0.0f};
  return {magnitude / 127.0f, 127.0f / magnitude};
}

// Writes 16 quants; returns their sum.
int quantize_16(const float* x, float inverse, uint8_t* out) {
  if (inverse == 0) {
    vst1q_u8(out, vdupq_n_u8(0));
    return 0;
  }
  const auto words = [&](int i) {
    return vmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + i), inverse)));
  };
  const int8x8_t low = vmovn_s16(vcombine_s16(words(0), words(4)));
  const int8x8_t high = vmovn_s16(vcombine_s16(words(8), words(12)));
  const int8x16_t q = vcombine_s8(low, high);
  vst1q_u8(out, vreinterpretq_u8_s8(q));
  return vaddlvq_s8(q);
}

void quantize_32(const float* x, int64_t n, uint8_t* out) {
  const Block32 layout{n};
  auto* d = reinterpret_cast<float*>(out + layout.scales());
  auto* scaled_sums = reinterpret_cast<float*>(out + layout.scaled_sums());
  auto* sums = reinterpret_cast<int32_t*>(out + layout.sums());
  for (int64_t b = 0; b < n / 32; ++b, x += 32, out += 32) {
    const Scale scale = scale_of(x, 32);
    const int total =
        quantize_16(x, scale.inverse, out) + quantize_16(x + 16, scale.inverse, out + 16);
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
      const int low = quantize_16(x, scale.inverse, out);
      const int high = quantize_16(x + 16, scale.inverse, out + 16);
      *of_16++ = int16_t(low);
      *of_16++ = int16_t(high);
      *of_32++ = int16_t(low + high);
    }
  }
}

}  // namespace

void neon_dot::install_quantize(MatmulKernels& kernels) {
  kernels.quantize[int(ActivationFormat::kBlock32)] = quantize_32;
  kernels.quantize[int(ActivationFormat::kBlock256)] = quantize_256;
}

}  // namespace ridge::cpu
