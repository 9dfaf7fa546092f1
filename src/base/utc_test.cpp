#include "base/utc.h"

#include <gtest/gtest.h>

#include "base/random_seed.h"

namespace ridge {
namespace {

TEST(Utc, WritesADateAsRfc3339DoesWhateverTheYear) {
  EXPECT_EQ(utc_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_time(-1), "1969-12-31T23:59:59Z");
  // 10957 days from 1970 to 2000, then 31 of January and 28 of February: its leap day.
  EXPECT_EQ(utc_time(int64_t{11016} * 86400), "2000-02-29T00:00:00Z");
  EXPECT_EQ(utc_time(int64_t{1} << 31), "2038-01-19T03:14:08Z");
}

TEST(Utc, NowIsBetweenTwoLooksAtTheClock) {
  const int64_t before = unix_time();
  const std::string now = utc_time();
  EXPECT_GE(now, utc_time(before));
  EXPECT_LE(now, utc_time(unix_time()));
  EXPECT_GT(before, int64_t{1767225600});  // 2026 began
}

TEST(RandomSeed, IsAnotherEachTimeInBothHalves) {
  uint64_t seen_high = 0, seen_low = 0;
  const uint64_t first = random_seed();
  for (int i = 0; i < 8; ++i) {
    const uint64_t change = random_seed() ^ first;
    seen_high |= change >> 32;
    seen_low |= change & 0xffffffff;
  }
  EXPECT_NE(seen_high, 0u);
  EXPECT_NE(seen_low, 0u);
}

}  // namespace
}  // namespace ridge
