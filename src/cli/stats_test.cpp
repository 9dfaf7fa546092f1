#include "cli/stats.h"

#include <gtest/gtest.h>

namespace ridge::cli {
namespace {

RunStats example() {
  return {.engine = {.n_prompt = 40,
                     .n_reused = 10,
                     .n_generated = 101,
                     .prompt_seconds = 0.1,
                     .decode_seconds = 2.0,
                     .first_token_seconds = 0.125,
                     .active_bytes = 100e6},
          .load_seconds = 0.5,
          .bandwidth = 20e9,
          .peak_memory = 310'000'000};
}

// BUE = (tokens/s × bytes a token reads) ÷ bytes/s of a read loop: 50 × 100 MB ÷ 20 GB/s.
TEST(Stats, RatesCountWhatWasReadAndWhatFollowedTheFirstToken) {
  const RunStats stats = example();
  EXPECT_DOUBLE_EQ(stats.prompt_rate(), 300.0);
  EXPECT_DOUBLE_EQ(stats.decode_rate(), 50.0);
  EXPECT_DOUBLE_EQ(stats.read_rate(), 5e9);
  EXPECT_DOUBLE_EQ(stats.bue(), 0.25);
}

TEST(Stats, TheLineSaysAllOfItAndLeavesOutWhatWasNotMeasured) {
  EXPECT_EQ(stats_line(example()),
            "prompt 300 tok/s (30 + 10 cached) · decode 50.0 tok/s (101) · 5.00 GB/s of 20.0 "
            "measured, BUE 25 % · first token 0.12 s · peak 310 MB");
  RunStats one_token = example();
  one_token.engine.n_generated = 1;
  one_token.engine.n_reused = 0;
  EXPECT_EQ(stats_line(one_token), "prompt 400 tok/s (40) · first token 0.12 s · peak 310 MB");
}

TEST(Stats, SpeculationIsCountedAgainstPassesWithoutIt) {
  RunStats stats = example();
  stats.engine.speculation = {.drafter = "draft model",
                              .n_passes = 40,
                              .n_drafted = 80,
                              .n_accepted = 60,
                              .plain_seconds = 0.03};
  EXPECT_DOUBLE_EQ(stats.acceptance(), 0.75);
  EXPECT_DOUBLE_EQ(stats.tokens_per_pass(), 2.5);
  EXPECT_DOUBLE_EQ(stats.speed_up(), 1.5);
  EXPECT_NE(stats_line(stats).find("BUE 25 % · draft model 60 of 80 accepted (75 %), 2.50 tokens a "
                                   "pass, 1.50× plain · first token"),
            std::string::npos)
      << stats_line(stats);
  stats.engine.speculation.n_drafted = stats.engine.speculation.n_accepted = 0;
  EXPECT_NE(stats_line(stats).find(" · draft model did not pay · "), std::string::npos);
}

TEST(Stats, ThisProcessHasUsedMemory) {
  EXPECT_GT(peak_memory_bytes(), uint64_t(1) << 20);
}

}  // namespace
}  // namespace ridge::cli
