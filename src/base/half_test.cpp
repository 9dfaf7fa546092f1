#include "base/half.h"

#include <cmath>
#include <limits>

#include "base/rng.h"

namespace ridge {
namespace {

// The value of an f16 by its definition (IEEE 754-2019, 3.4), for all but NaN.
double f16_value(uint16_t bits) {
  const double sign = bits & 0x8000 ? -1.0 : 1.0;
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  if (exponent == 31) return sign * std::numeric_limits<double>::infinity();
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

bool is_nan(uint16_t f16_bits) {
  return (f16_bits & 0x7fff) > 0x7c00;
}

TEST(Half, EveryF16PatternWidensToItsValueAndComesBack) {
  for (int i = 0; i < 65536; ++i) {
    const f16 half{uint16_t(i)};
    const float wide = to_f32(half);
    if (is_nan(half.bits)) {
      EXPECT_TRUE(std::isnan(wide)) << i;
      EXPECT_TRUE(is_nan(to_f16(wide).bits)) << i;
      EXPECT_EQ(std::signbit(wide), (half.bits & 0x8000) != 0) << i;
    } else {
      ASSERT_EQ(double(wide), f16_value(half.bits)) << i;
      ASSERT_EQ(to_f16(wide).bits, half.bits) << i;
    }
  }
}

// Between each two neighbours: just below the middle, the middle (to the even one), just above.
TEST(Half, F16RoundsToNearestEven) {
  for (uint16_t low = 0; low < 0x7c00; ++low) {
    const uint16_t high = uint16_t(low + 1);
    // Past the largest finite value the middle is where the next one would have been.
    const double above = high == 0x7c00 ? 65536.0 : f16_value(high);
    const auto middle = float((f16_value(low) + above) / 2);
    const uint16_t even = low & 1 ? high : low;
    for (const float sign : {1.0f, -1.0f}) {
      const auto bit = uint16_t(sign < 0 ? 0x8000 : 0);
      ASSERT_EQ(to_f16(sign * middle).bits, uint16_t(even | bit)) << low;
      ASSERT_EQ(to_f16(sign * std::nextafter(middle, 0.0f)).bits, uint16_t(low | bit)) << low;
      ASSERT_EQ(to_f16(sign * std::nextafter(middle, 1e9f)).bits, uint16_t(high | bit)) << low;
    }
  }
}

TEST(Half, F16Extremes) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(to_f16(kInf).bits, 0x7c00);
  EXPECT_EQ(to_f16(-kInf).bits, 0xfc00);
  EXPECT_EQ(to_f16(std::numeric_limits<float>::max()).bits, 0x7c00);
  EXPECT_EQ(to_f16(std::numeric_limits<float>::denorm_min()).bits, 0);
  EXPECT_EQ(to_f16(-0.0f).bits, 0x8000);
}

TEST(Half, EveryBf16PatternWidensAndComesBack) {
  for (int i = 0; i < 65536; ++i) {
    const bf16 half{uint16_t(i)};
    const float wide = to_f32(half);
    EXPECT_EQ(std::bit_cast<uint32_t>(wide), uint32_t(i) << 16);
    if (std::isnan(wide)) {
      EXPECT_TRUE(std::isnan(to_f32(to_bf16(wide)))) << i;
    } else {
      ASSERT_EQ(to_bf16(wide).bits, half.bits) << i;
    }
  }
}

TEST(Half, Bf16RoundsToNearestEven) {
  Rng rng(1);
  for (int i = 0; i < 100000; ++i) {
    const auto low = uint16_t(rng() & 0xffff);
    if ((low & 0x7fff) >= 0x7f80) continue;  // infinity and NaN have no upper neighbour
    const uint32_t wide = uint32_t(low) << 16;
    const auto rounded = [&](uint32_t rest) {
      return to_bf16(std::bit_cast<float>(wide + rest)).bits;
    };
    ASSERT_EQ(rounded(0x7fff), low);
    ASSERT_EQ(rounded(0x8000), uint16_t(low + (low & 1)));
    ASSERT_EQ(rounded(0x8001), uint16_t(low + 1));
  }
}

}  // namespace
}  // namespace ridge
