#include "cli/bench/compare.h"

#include <gtest/gtest.h>

#include "base/strcat.h"

namespace ridge::cli {
namespace {

using history::ResultRecord;
using history::RunRecord;

ResultRecord decode(std::vector<double> rates, const std::string& model = "m.gguf") {
  ResultRecord r{.model = model,
                 .backend = "cpu avx2, 2 threads",
                 .n_threads = 2,
                 .type_k = "f16",
                 .type_v = "f16",
                 .n_gen = 100,
                 .n_tokens = 100};
  for (double rate : rates) r.samples.push_back({.seconds = 100 / rate, .bandwidth = 20e9});
  return r;
}

RunRecord run(int64_t id, std::vector<ResultRecord> results, const std::string& machine = "here") {
  return {.id = id,
          .engine = "ridge",
          .build = cat("b", id),
          .machine = machine,
          .machine_id = machine,
          .results = std::move(results)};
}

bool mentions(const Comparison& comparison, const std::string& words) {
  for (const std::string& sentence : comparison.differences) {
    if (sentence.find(words) != std::string::npos) return true;
  }
  return false;
}

TEST(CompareRuns, PairsTestsAndSaysWhichIsFaster) {
  ResultRecord deep = decode({50, 51, 52});
  deep.n_depth = 4096;
  ResultRecord prefill{.model = "m.gguf", .n_prompt = 512, .n_tokens = 512, .samples = {{1, 0}}};
  const Comparison c = compare_runs(run(1, {decode({100, 101, 99}), deep}),
                                    run(2, {deep, decode({120, 121, 119}), prefill}));
  ASSERT_EQ(c.tests.size(), 2u);
  EXPECT_EQ(c.tests[0].test, "tg100");
  EXPECT_NEAR(c.tests[0].ratio.ratio, 1.2, 1e-9);
  EXPECT_TRUE(c.tests[0].ratio.shows_faster());
  EXPECT_NEAR(c.tests[1].ratio.ratio, 1, 1e-9);
  EXPECT_EQ(c.only_b, std::vector<std::string>{"pp512"});
  EXPECT_TRUE(c.only_a.empty());
  EXPECT_TRUE(c.same_machine);
  EXPECT_TRUE(mentions(c, "build: b1 and b2"));
  EXPECT_NE(comparison_text(c).find("faster"), std::string::npos);
}

TEST(CompareRuns, NamesWhatElseDiffers) {
  ResultRecord other = decode({100, 100, 100}, "other.gguf");
  other.n_threads = 4;
  other.type_k = "q8_0";
  for (auto& sample : other.samples) sample.bandwidth = 15e9;
  const Comparison c = compare_runs(run(1, {decode({100, 100, 100})}), run(2, {other}));
  ASSERT_EQ(c.tests.size(), 1u) << "one model each: the tests are paired";
  for (const char* words : {"model: m.gguf and other.gguf", "threads: 2 and 4",
                            "cache: f16/f16 and q8_0/f16", "0.75 times as fast"}) {
    EXPECT_TRUE(mentions(c, words)) << words;
  }
}

TEST(CompareRuns, WithSeveralModelsOnlyTheSameOneIsPaired) {
  const Comparison c =
      compare_runs(run(1, {decode({100}, "a"), decode({10}, "b")}),
                   run(2, {decode({11}, "b"), decode({110}, "a"), decode({5}, "c")}));
  ASSERT_EQ(c.tests.size(), 2u);
  EXPECT_EQ(c.tests[0].model, "a");
  EXPECT_NEAR(c.tests[0].ratio.ratio, 1.1, 1e-9);
  EXPECT_NEAR(c.tests[1].ratio.ratio, 1.1, 1e-9);
  EXPECT_FALSE(c.tests[0].ratio.known) << "one sample";
}

TEST(MachineDifference, IsSilentOnlyForTheSameKnownMachine) {
  EXPECT_EQ(machine_difference(run(1, {}), run(2, {})), "");
  EXPECT_NE(machine_difference(run(1, {}, "here"), run(2, {}, "there")), "");
  EXPECT_NE(machine_difference(run(1, {}, ""), run(2, {}, "")), "") << "two unknown ones";
}

}  // namespace
}  // namespace ridge::cli
