// Activation quantisers in plain C++; every level gives these bytes.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "cpu/kernels/activation.h"
#include "cpu/kernels/matmul_kernels.h"

namespace ridge::cpu {
namespace {

constexpr uint32_t kInfinityBits = 0x7f800000u;
constexpr float kSmallest = 0x1p-116f;  // below, 127 / magnitude would overflow

// Largest magnitude as bits: integers order like the floats, and any NaN comes out on top.
uint32_t magnitude_bits(const float* x, int n) {
  uint32_t largest = 0;
  for (int i = 0; i < n; ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(x[i]) & 0x7fffffffu;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

// Writes n quants, returns their scale.
float quantize_block(const float* x, int n, int8_t* q) {
  const uint32_t bits = magnitude_bits(x, n);
  const float magnitude = std::bit_cast<float>(bits);
  if (bits >= kInfinityBits || magnitude < kSmallest) {
    std::memset(q, 0, size_t(n));
    return bits >= kInfinityBits ? std::numeric_limits<float>::quiet_NaN() : 0.0f;
  }
  const float inverse = 127.0f / magnitude;
  for (int i = 0; i < n; ++i) q[i] = int8_t(std::lrintf(x[i] * inverse));
  return magnitude / 127.0f;
}

int sum(const int8_t* q, int n) {
  int total = 0;
  for (int i = 0; i < n; ++i) total += q[i];
  return total;
}

template <class T>
void store(uint8_t* out, size_t at, int64_t index, T value) {
  std::memcpy(out + at + size_t(index) * sizeof(T), &value, sizeof(T));
}

void quantize_f32(const float* x, int64_t n, uint8_t* out) {
  std::memcpy(out, x, size_t(n) * 4);
}

void quantize_32(const float* x, int64_t n, uint8_t* out) {
  const Block32 layout{n};
  for (int64_t b = 0; b < n / 32; ++b) {
    auto* q = reinterpret_cast<int8_t*>(out) + 32 * b;
    const float d = quantize_block(x + 32 * b, 32, q);
    const int32_t total = sum(q, 32);
    store(out, layout.scales(), b, d);
    store(out, layout.scaled_sums(), b, d * float(total));
    store(out, layout.sums(), b, total);
  }
}

void quantize_256(const float* x, int64_t n, uint8_t* out) {
  const Block256 layout{n};
  auto* q = reinterpret_cast<int8_t*>(out);
  for (int64_t b = 0; b < n / 256; ++b) {
    store(out, layout.scales(), b, quantize_block(x + 256 * b, 256, q + 256 * b));
  }
  for (int64_t b = 0; b < n / 32; ++b) {
    store(out, layout.sums_of_32(), b, int16_t(sum(q + 32 * b, 32)));
  }
  for (int64_t b = 0; b < n / 16; ++b) {
    store(out, layout.sums_of_16(), b, int16_t(sum(q + 16 * b, 16)));
  }
}

}  // namespace

void generic::install_quantize(MatmulKernels& kernels) {
  kernels.quantize[int(ActivationFormat::kF32)] = quantize_f32;
  kernels.quantize[int(ActivationFormat::kBlock32)] = quantize_32;
  kernels.quantize[int(ActivationFormat::kBlock256)] = quantize_256;
}

}  // namespace ridge::cpu
