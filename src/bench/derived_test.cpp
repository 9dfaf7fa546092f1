#include "bench/derived.h"

#include <gtest/gtest.h>

namespace ridge {
namespace {

// A result whose every run took rate-many tokens a second.
BenchResult result(const BenchTest& test, double rate, double bytes_per_token = 0) {
  BenchResult r{.test = test};
  r.work.bytes = bytes_per_token * double(test.n_tokens());
  for (int i = 0; i < 3; ++i) r.samples.push_back({.seconds = double(test.n_tokens()) / rate});
  return r;
}

TEST(TestName, IsAsLlamaBenchWritesIt) {
  EXPECT_EQ(name_of({.n_prompt = 512}), "pp512");
  EXPECT_EQ(name_of({.n_gen = 128, .n_depth = 4096}), "tg128 @ d4096");
  EXPECT_EQ(name_of({.n_prompt = 512, .n_gen = 128}), "pp512+tg128");
  EXPECT_EQ(name_of({.n_gen = 64, .n_columns = 4}), "tg64 x4");
}

TEST(BenchResult, BueIsTheRateOverWhatTheBandwidthOfTheSameMomentAllows) {
  BenchResult r = result({.n_gen = 10}, 50, 1e8);  // reads 5 GB/s
  r.samples[0].bandwidth = 10e9;
  r.samples[1].bandwidth = 20e9;
  r.samples[2].bandwidth = 8e9;
  EXPECT_DOUBLE_EQ(r.bue(), 0.5) << "the median of 0.5, 0.25 and 0.625";
  EXPECT_DOUBLE_EQ(r.read_rate(), 5e9);
  BenchResult prefill = result({.n_prompt = 10}, 50, 1e8);
  prefill.samples[0].bandwidth = 10e9;
  EXPECT_EQ(prefill.bue(), 0) << "prefill is not bound by bandwidth";
}

TEST(BenchResult, RatesCountEveryColumn) {
  const BenchResult r = result({.n_gen = 10, .n_columns = 4}, 200);
  EXPECT_DOUBLE_EQ(r.summary().median, 200);
  EXPECT_DOUBLE_EQ(r.steps_per_second(), 50);
}

TEST(Derive, RetentionIsTheLongestPromptOver512) {
  const auto derived = derive({result({.n_prompt = 128}, 90), result({.n_prompt = 512}, 100),
                               result({.n_prompt = 8192}, 61), result({.n_prompt = 2048}, 80)});
  ASSERT_EQ(derived.size(), 1u);
  EXPECT_EQ(derived[0].name(), "CSR pp8192 / pp512");
  EXPECT_DOUBLE_EQ(derived[0].value, 0.61);
  EXPECT_EQ(derived[0].expected, 0) << "bytes do not decide prefill";
}

TEST(Derive, DecayStandsBesideWhatTheBytesExplain) {
  const auto derived =
      derive({result({.n_gen = 128}, 100, 1.00e9), result({.n_gen = 1024}, 80, 1.02e9)});
  ASSERT_EQ(derived.size(), 1u);
  EXPECT_EQ(derived[0].kind, DerivedKind::kDecay);
  EXPECT_DOUBLE_EQ(derived[0].value, 0.8);
  EXPECT_DOUBLE_EQ(derived[0].expected, 1 / 1.02);
}

TEST(Derive, DepthComparesTheSameTestAtDepthZero) {
  const auto derived = derive({result({.n_gen = 64}, 100, 1e9), result({.n_gen = 32}, 90, 1e9),
                               result({.n_gen = 64, .n_depth = 4096}, 50, 1.5e9)});
  ASSERT_EQ(derived.size(), 2u);
  EXPECT_EQ(derived[1].name(), "depth tg64 @ d4096 / tg64");
  EXPECT_DOUBLE_EQ(derived[1].value, 0.5);
  EXPECT_DOUBLE_EQ(derived[1].expected, 1 / 1.5);
}

TEST(Derive, ColumnsCostTheTimeOfAStep) {
  // Four columns at 320 tokens/s step 80 times a second, one column 100 times.
  const auto derived =
      derive({result({.n_gen = 64}, 100), result({.n_gen = 64, .n_columns = 4}, 320)});
  ASSERT_EQ(derived.size(), 1u);
  EXPECT_DOUBLE_EQ(derived[0].value, 1.25);
}

TEST(Derive, NothingIsMadeOfTestsWithoutSamples) {
  BenchResult empty{.test = {.n_prompt = 8192}};
  EXPECT_TRUE(derive({result({.n_prompt = 512}, 100), empty}).empty());
  EXPECT_TRUE(derive({}).empty());
}

}  // namespace
}  // namespace ridge
