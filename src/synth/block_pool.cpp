#include "synth/block_pool.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "base/check.h"
#include "base/half.h"

namespace ridge {
namespace {

constexpr int kUnitBits = 9;
constexpr size_t kUnits = size_t{1} << kUnitBits;
constexpr int64_t kUnitElements = 256;  // a whole number of blocks of every type

// Sets the f16 scale of a block whose type has no encoder (IQ1 to IQ3).
void set_scale(DType dtype, std::span<std::byte> block, float scale) {
  const uint16_t bits = to_f16(scale).bits;
  if (dtype != DType::kIQ1_M) {
    std::memcpy(block.data(), &bits, sizeof bits);
    return;
  }
  // The scale's nibbles lie on top of the last four 16-bit words.
  for (size_t i = 0; i < 4; ++i) {
    std::byte& top = block[49 + 2 * i];
    top = (top & std::byte{15}) | std::byte(uint8_t((bits >> (4 * i) & 15) << 4));
  }
}

float deviation_of(DType dtype, std::span<const std::byte> blocks, int64_t n) {
  std::vector<float> values(static_cast<size_t>(n));
  info(dtype).decode(blocks.data(), values.data(), n);
  double squares = 0;
  for (float v : values) squares += double(v) * double(v);
  return float(std::sqrt(squares / double(n)));
}

void fill_with_bits(DType dtype, std::span<std::byte> unit, float deviation, Rng& rng) {
  for (std::byte& b : unit) b = std::byte(uint8_t(rng() >> 56));
  const auto block_bytes = size_t(info(dtype).block_bytes);
  const auto set_scales = [&](float scale) {
    for (size_t at = 0; at < unit.size(); at += block_bytes) {
      const float sign = rng.below(2) == 0 ? 1.0f : -1.0f;  // so that no type's mean adds up
      set_scale(dtype, unit.subspan(at, block_bytes), sign * scale);
    }
  };
  set_scales(1.0f);
  set_scales(deviation / deviation_of(dtype, unit, kUnitElements));
}

}  // namespace

// Box and Muller (1958), two at a time.
void fill_normal(std::span<float> values, Rng& rng, float deviation) {
  for (size_t i = 0; i < values.size(); i += 2) {
    const double radius = std::sqrt(-2 * std::log(1 - rng.uniform()));
    const double angle = 2 * std::numbers::pi * rng.uniform();
    values[i] = deviation * float(radius * std::cos(angle));
    if (i + 1 < values.size()) values[i + 1] = deviation * float(radius * std::sin(angle));
  }
}

BlockPool::BlockPool(DType dtype, float deviation, uint64_t seed, ThreadPool& pool)
    : unit_bytes_(size_t(row_bytes(dtype, kUnitElements))), units_(kUnits * unit_bytes_) {
  RIDGE_CHECK(kUnitElements % info(dtype).block_size == 0);
  pool.run_tasks(int64_t(kUnits), [&](int64_t unit, int) {
    Rng rng(seed + uint64_t(unit));
    const std::span<std::byte> bytes(units_.data() + size_t(unit) * unit_bytes_, unit_bytes_);
    if (info(dtype).encode == nullptr) return fill_with_bits(dtype, bytes, deviation, rng);
    float values[kUnitElements];
    fill_normal(values, rng, deviation);
    info(dtype).encode(values, bytes.data(), kUnitElements);
  });
}

void BlockPool::fill(std::span<std::byte> destination, Rng rng) const {
  for (size_t at = 0; at < destination.size(); at += unit_bytes_) {
    const size_t unit = size_t(rng() >> (64 - kUnitBits));
    std::memcpy(destination.data() + at, units_.data() + unit * unit_bytes_,
                std::min(unit_bytes_, destination.size() - at));
  }
}

}  // namespace ridge
