#include "model/blocks/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace ridge {
namespace {

RopeSpec plain(int64_t n_rotated, float base) {
  return {.n_rotated = n_rotated, .base = base};
}

TEST(RopeFrequencies, FallGeometricallyFromOne) {
  const RopeFrequencies rope = rope_frequencies(plain(8, 10000.0f), {});
  ASSERT_EQ(rope.frequency.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(rope.frequency[size_t(i)], std::pow(10000.0, -i / 4.0), 1e-7);
  }
  EXPECT_EQ(rope.magnitude, 1.0f);
}

TEST(RopeFrequencies, FactorsAndLinearScalingDivide) {
  RopeSpec spec = plain(4, 100.0f);
  spec.scaling = LinearRopeSpec{4.0f};
  const float factors[] = {1.0f, 8.0f};
  const RopeFrequencies rope = rope_frequencies(spec, factors);
  EXPECT_FLOAT_EQ(rope.frequency[0], 0.25f);
  EXPECT_FLOAT_EQ(rope.frequency[1], 0.1f / 8 / 4);
}

// Definition of Peng et al. 2023, written the other way round: by wavelength.
TEST(RopeFrequencies, YarnKeepsFastPairsAndDividesSlowOnes) {
  RopeSpec spec = plain(64, 10000.0f);
  spec.scaling = YarnSpec{.factor = 8.0f, .original_context = 2048};
  const RopeFrequencies plain_rope = rope_frequencies(plain(64, 10000.0f), {});
  const RopeFrequencies rope = rope_frequencies(spec, {});
  EXPECT_FLOAT_EQ(rope.magnitude, 1.0f + 0.1f * std::log(8.0f));
  for (size_t i = 0; i < 32; ++i) {
    const double turns = 2048.0 * plain_rope.frequency[i] / (2 * std::numbers::pi);
    const double ratio = rope.frequency[i] / plain_rope.frequency[i];
    if (turns > 40) {
      EXPECT_NEAR(ratio, 1.0, 1e-6) << i;
    } else if (turns < 0.7) {
      EXPECT_NEAR(ratio, 1.0 / 8, 1e-6) << i;
    }
    EXPECT_LE(ratio, 1.0 + 1e-6);
    EXPECT_GE(ratio, 1.0 / 8 - 1e-6);
  }
}

}  // namespace
}  // namespace ridge
