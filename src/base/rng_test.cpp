#include "base/rng.h"

#include <array>

namespace ridge {
namespace {

// Test vectors that implementations of both algorithms share.
TEST(Rng, GivesThePublishedNumbers) {
  Rng rng(std::array<uint64_t, 4>{1, 2, 3, 4});
  for (const uint64_t expected : {41943041u, 58720359u}) EXPECT_EQ(rng(), expected);
  EXPECT_EQ(rng(), 3588806011781223u);
  EXPECT_EQ(rng(), 3591011842654386u);
  EXPECT_EQ(rng(), 9228616714210784205u);
  uint64_t state = 1234567;
  EXPECT_EQ(Rng::split_mix(state), 6457827717110365317u);
  EXPECT_EQ(Rng::split_mix(state), 3203168211198807973u);
  EXPECT_EQ(Rng::split_mix(state), 9817491932198370423u);
}

TEST(Rng, SameSeedSameNumbersAndOtherSeedOtherNumbers) {
  Rng a(7);
  Rng b(7);
  Rng c(8);
  int equal = 0;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t value = a();
    EXPECT_EQ(value, b());
    equal += value == c();
  }
  EXPECT_EQ(equal, 0);
}

TEST(Rng, BelowIsUniform) {
  constexpr int kCells = 7;
  constexpr int kDraws = 70000;
  std::array<int, kCells> counts{};
  Rng rng(3);
  for (int i = 0; i < kDraws; ++i) ++counts[rng.below(kCells)];
  double chi2 = 0;
  for (const int n : counts) chi2 += (n - 10000.0) * (n - 10000.0) / 10000.0;
  EXPECT_LT(chi2, 22.46);  // p = 0.001 at 6 degrees of freedom
}

TEST(Rng, UniformStaysInItsIntervalAndFillsIt) {
  Rng rng(4);
  std::array<int, 16> counts{};
  for (int i = 0; i < 160000; ++i) {
    const double u = rng.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ++counts[size_t(u * 16)];
  }
  double chi2 = 0;
  for (const int n : counts) chi2 += (n - 10000.0) * (n - 10000.0) / 10000.0;
  EXPECT_LT(chi2, 37.70);  // p = 0.001 at 15 degrees of freedom
}

}  // namespace
}  // namespace ridge
