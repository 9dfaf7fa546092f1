#include <cmath>
#include <cstring>

#include "base/half.h"
#include "tests/kernels/machine.h"

namespace ridge::cpu::testing {
namespace {

struct Random {
  uint64_t state;
  uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
};

// Where a block keeps its f16 scales.
struct ScaleFields {
  DType dtype;
  std::vector<int> offsets;
};
const ScaleFields kScaleFields[] = {
    {DType::kQ4_0, {0}},    {DType::kQ4_1, {0, 2}}, {DType::kQ5_0, {0}},
    {DType::kQ5_1, {0, 2}}, {DType::kQ8_0, {0}},    {DType::kQ2_K, {80, 82}},
    {DType::kQ3_K, {108}},  {DType::kQ4_K, {0, 2}}, {DType::kQ5_K, {0, 2}},
    {DType::kQ6_K, {208}},  {DType::kIQ1_S, {0}},   {DType::kIQ2_XXS, {0}},
    {DType::kIQ2_XS, {0}},  {DType::kIQ2_S, {0}},   {DType::kIQ3_XXS, {0}},
    {DType::kIQ3_S, {0}},   {DType::kIQ4_NL, {0}},  {DType::kIQ4_XS, {0}},
    {DType::kTQ1_0, {52}},  {DType::kTQ2_0, {64}},
};

// A scale of either sign between 2^-8 and 2^-5, so that blocks differ and sums stay finite.
uint16_t random_scale(Random& random) {
  const uint64_t bits = random.next();
  return uint16_t((bits & 0x8000) | (7 + bits % 3) << 10 | (bits >> 20 & 0x3ff));
}

void set_scales(DType dtype, uint8_t* block, Random& random) {
  if (dtype == DType::kMXFP4) {
    block[0] = uint8_t(118 + random.next() % 6);
    return;
  }
  if (dtype == DType::kIQ1_M) {  // a nibble of the f16 on top of each word of scales
    const uint16_t d = random_scale(random);
    for (int i = 0; i < 4; ++i) {
      uint8_t& top = block[48 + 2 * i + 1];
      top = uint8_t((top & 15) | (d >> (4 * i) & 15) << 4);
    }
    return;
  }
  for (const ScaleFields& fields : kScaleFields) {
    if (fields.dtype != dtype) continue;
    for (int offset : fields.offsets) {
      const uint16_t d = random_scale(random);
      std::memcpy(block + offset, &d, 2);
    }
  }
}

float random_float(Random& random) {
  return float(int64_t(random.next() >> 40) - (int64_t{1} << 23)) * 0x1p-23f;
}

void fill_floats(PlainWeight& weight, Random& random) {
  const int64_t n = weight.n_out * weight.n_in;
  for (int64_t i = 0; i < n; ++i) {
    const float value = random_float(random);
    const uint16_t half = weight.dtype == DType::kF16 ? to_f16(value).bits : to_bf16(value).bits;
    if (weight.dtype == DType::kF32) {
      std::memcpy(weight.bytes.data() + 4 * i, &value, 4);
    } else {
      std::memcpy(weight.bytes.data() + 2 * i, &half, 2);
    }
  }
}

}  // namespace

WeightSource PlainWeight::source() const {
  return {.name = info(dtype).name,
          .dtype = dtype,
          .n_out = n_out,
          .n_in = n_in,
          .read = [this](uint64_t begin, std::span<std::byte> destination) {
            RIDGE_CHECK(begin + destination.size() <= bytes.size());
            std::memcpy(destination.data(), bytes.data() + begin, destination.size());
          }};
}

std::vector<float> PlainWeight::decode_row(int64_t i) const {
  std::vector<float> out(static_cast<size_t>(n_in));
  info(dtype).decode(row(i), out.data(), n_in);
  return out;
}

PlainWeight make_weight(DType dtype, int64_t n_out, int64_t n_in, Fill fill, uint64_t seed) {
  PlainWeight weight{dtype, n_out, n_in, {}};
  weight.bytes.resize(size_t(n_out * row_bytes(dtype, n_in)));
  Random random{seed * 0x9e3779b97f4a7c15u + 1};
  const DTypeInfo& type = info(dtype);
  if (type.block_size == 1) {
    fill_floats(weight, random);
    return weight;
  }
  auto* bytes = reinterpret_cast<uint8_t*>(weight.bytes.data());
  for (size_t i = 0; i < weight.bytes.size(); ++i) {
    switch (fill) {
      case Fill::kRandom:
        bytes[i] = uint8_t(random.next() >> 33);
        break;
      case Fill::kZeros:
        bytes[i] = 0;
        break;
      case Fill::kOnes:
        bytes[i] = 0xff;
        break;
      case Fill::kAlternating:
        bytes[i] = uint8_t(i % 2 == 0 ? 0x80 : 0x7f);
        break;
    }
  }
  for (size_t at = 0; at < weight.bytes.size(); at += size_t(type.block_bytes)) {
    set_scales(dtype, bytes + at, random);
  }
  return weight;
}

}  // namespace ridge::cpu::testing
