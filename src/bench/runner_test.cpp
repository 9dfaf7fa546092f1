#include "bench/runner.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "bench/page_cache.h"
#include "bench/roof.h"
#include "bench/rounds.h"
#include "bench/start.h"
#include "cpu/cpu_backend.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"

namespace ridge {
namespace {

class TinyBench : public ::testing::Test {
 protected:
  TinyBench()
      : path_(testing::write_tiny_model(folder_ / "tiny.gguf", "llama")),
        file_(gguf::File::open(path_)),
        backend_(cpu::make_backend({.n_threads = 2})),
        model_(file_, *backend_, {}) {}

  testing::TempFolder folder_;
  std::filesystem::path path_;
  gguf::File file_;
  std::unique_ptr<Backend> backend_;
  BenchModel model_;
};

TEST_F(TinyBench, TheModelSaysWhatItIs) {
  EXPECT_EQ(model_.type, "llama 0M F32");
  int64_t bytes = 0;
  for (const auto& tensor : file_.tensors()) bytes += int64_t(tensor.n_bytes);
  // The output is tied to the embedding, so a token reads every tensor.
  EXPECT_EQ(model_.tensor_bytes, bytes);
  EXPECT_EQ(model_.work.weight_bytes, bytes);
  EXPECT_LT(model_.work.weight_macs + model_.work.head_macs, model_.n_parameters)
      << "norms multiply no matrix";
  EXPECT_EQ(main_weight_type(file_), DType::kF32);
}

TEST_F(TinyBench, EveryKindOfTestRunsAndCanBeStopped) {
  const std::vector<BenchTest> tests{{.n_prompt = 40},
                                     {.n_prompt = 30, .n_depth = 20},
                                     {.n_gen = 5},
                                     {.n_gen = 5, .n_depth = 20},
                                     {.n_prompt = 10, .n_gen = 5},
                                     {.n_gen = 4, .n_depth = 7, .n_columns = 3}};
  RunnerCache cache = cache_for(tests);
  EXPECT_EQ(cache.n_tokens, 50);
  EXPECT_EQ(cache.n_columns, 3);
  EXPECT_EQ(cache.total_tokens, 50) << "three columns of 11 need less";
  EXPECT_TRUE(cache.is_tight());
  cache.chunk = 16;
  Runner runner(model_, cache);
  for (const BenchTest& test : tests) {
    runner.warm_up(test);
    const auto seconds = runner.run(test);
    ASSERT_TRUE(seconds) << name_of(test);
    EXPECT_GT(*seconds, 0) << name_of(test);
    EXPECT_FALSE(runner.run(test, [] { return false; })) << name_of(test);
  }
}

TEST_F(TinyBench, RoundsGiveEveryTestItsSamplesAndABandwidthOfItsOwn) {
  const std::vector<BenchTest> tests{{.n_prompt = 8}, {.n_gen = 3}};
  Runner runner(model_, cache_for(tests));
  std::vector<std::string> order;
  const RoundsOptions options{.n_repeat = 2,
                              .progress = [&](int64_t, int64_t total, const BenchTest& t) {
                                EXPECT_EQ(total, 4);
                                order.push_back(name_of(t));
                              }};
  const auto results = run_rounds(tests, runner, options);
  EXPECT_EQ(order, (std::vector<std::string>{"pp8", "tg3", "pp8", "tg3"}));
  ASSERT_EQ(results.size(), 2u);
  for (const auto& result : results) EXPECT_EQ(result.samples.size(), 2u);
  EXPECT_EQ(results[0].bandwidths().size(), 0u);
  const std::vector<double> bandwidths = results[1].bandwidths();
  ASSERT_EQ(bandwidths.size(), 2u);
  EXPECT_NE(bandwidths[0], bandwidths[1]) << "measured anew each time";
  EXPECT_GT(results[1].bue(), 0);
}

TEST_F(TinyBench, StoppingKeepsTheSamplesSoFar) {
  Runner runner(model_, cache_for({{.n_gen = 3}}));
  int asked = 0;
  RoundsOptions options{.n_repeat = 5, .warm_up = WarmUp::kNo};
  options.keep_going = [&] { return ++asked <= 6; };
  const auto results = run_rounds({{.n_prompt = 0, .n_gen = 3}}, runner, options);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_GE(results[0].samples.size(), 1u);
  EXPECT_LT(results[0].samples.size(), 5u);
}

// Counted by hand: chunks of 4 over 10 tokens are 3 passes, which end at 4, 8 and 10.
TEST_F(TinyBench, WorkCountsPassesAndWhatEachSees) {
  const auto kv = kv_bytes(model_.transformer.spec(), DType::kF16, DType::kF16);
  ASSERT_EQ(kv.size(), 1u);
  const double per_token = 3 * 2 * (32 + 32) * 2;  // layers, KV heads, K and V, bytes
  EXPECT_EQ(double(kv_bytes_read(kv, 1)), per_token);
  const TestWork prefill = work_of_test({.n_prompt = 10}, model_.work, kv, 4);
  EXPECT_DOUBLE_EQ(prefill.bytes, 3.0 * double(model_.work.weight_bytes) + 22 * per_token);
  // Token i sees i + 1: 55 in all, 4 heads of 32 + 32 in 3 layers.
  EXPECT_DOUBLE_EQ(prefill.macs, 10.0 * double(model_.work.weight_macs) + 55.0 * 3 * 4 * 64 +
                                     double(model_.work.head_macs));
  const TestWork decode = work_of_test({.n_gen = 10, .n_depth = 100}, model_.work, kv, 4);
  EXPECT_DOUBLE_EQ(decode.bytes, 10 * (double(model_.work.weight_bytes) + 105 * per_token));
  const TestWork columns = work_of_test({.n_gen = 10, .n_columns = 2}, model_.work, kv, 4);
  EXPECT_DOUBLE_EQ(columns.bytes, 10 * (double(model_.work.weight_bytes) + 2 * 5 * per_token));
}

TEST_F(TinyBench, ColumnsThatChooseExpertsHaveNoKnownBytes) {
  ModelWork mixture = model_.work;
  mixture.every_weight = false;
  const auto kv = kv_bytes(model_.transformer.spec(), DType::kF16, DType::kF16);
  EXPECT_GT(work_of_test({.n_gen = 4}, mixture, kv, 4).bytes, 0);
  EXPECT_EQ(work_of_test({.n_gen = 4, .n_columns = 2}, mixture, kv, 4).bytes, 0);
}

TEST_F(TinyBench, AWarmStartFindsItsFileInMemory) {
  const auto make = [] { return cpu::make_backend({.n_threads = 1}); };
  const StartSample warm = measure_start(path_, StartKind::kWarm, make);
  EXPECT_TRUE(warm.is_warm());
  EXPECT_GT(warm.load_seconds, 0);
  EXPECT_GT(warm.first_token_seconds, warm.load_seconds);
  const StartSample cold = measure_start(path_, StartKind::kCold, make);
  // On a file system that lives in memory nothing can be dropped, and the sample says so.
  EXPECT_EQ(cold.is_cold(), cold.cached_before <= StartSample::kColdShare);
}

TEST_F(TinyBench, TheArithmeticRoofIsPositiveForEveryCommonType) {
  for (DType dtype : {DType::kQ4_K, DType::kQ8_0}) {
    EXPECT_GT(measure_mac_roof(*backend_, dtype), 0);
  }
}

TEST(PageCache, CountsWhatIsCachedAndNamesWhatIsMissing) {
  const testing::TempFolder folder;
  const std::filesystem::path file = folder / "data";
  std::ofstream(file) << std::string(100'000, 'x');
  const std::vector files{file};
  const CachedShare share = cached_share(files);
  EXPECT_EQ(share.n_bytes, 100'000u);
  EXPECT_EQ(share.n_cached, 100'000u) << "just written";
  drop_from_cache(files);
  EXPECT_LE(cached_share(files).n_cached, 100'000u);
  const std::vector missing{folder / "none"};
  EXPECT_THROW(cached_share(missing), Error);
  EXPECT_THROW(drop_from_cache(missing), Error);
}

}  // namespace
}  // namespace ridge
