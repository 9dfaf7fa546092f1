#include "cli/bench/import.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ridge::cli {
namespace {

// Field names and shapes as llama-bench documents them.
constexpr const char* kRow =
    R"({"build_commit": "8cf427ff", "build_number": 5163, "cpu_info": "AMD Ryzen 7",
 "gpu_info": "", "backends": "CPU", "model_filename": "models/Qwen2.5-7B-Q4_K_M.gguf",
 "model_type": "qwen2 7B Q4_K - Medium", "model_size": 4677120000, "model_n_params": 7615616512,
 "n_batch": 2048, "n_ubatch": 512, "n_threads": 8, "cpu_mask": "0x0", "cpu_strict": false, "type_k": "f16",
 "type_v": "f16", "n_gpu_layers": 99, "flash_attn": false, "n_prompt": 0, "n_gen": 128, "n_depth": 512,
 "test_time": "2025-04-24T11:58:50Z", "avg_ns": 1600000000, "stddev_ns": 5, "avg_ts": 80.0,
 "stddev_ts": 0.1, "samples_ns": [1600000000, 800000000], "samples_ts": [80.0, 160.0]})";

std::string one_line(std::string text) {
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

TEST(ImportBench, ReadsArraysAndLinesAlike) {
  const std::string row = one_line(kRow);
  for (const std::string& text : {"[" + row + "," + row + "]", row + "\n" + row + "\n\n"}) {
    const history::RunRecord run = read_bench_rows(text);
    EXPECT_EQ(run.engine, "llama.cpp");
    EXPECT_EQ(run.build, "8cf427ff");
    EXPECT_EQ(run.machine, "AMD Ryzen 7");
    EXPECT_EQ(run.machine_id, "") << "llama-bench does not say which machine it was";
    EXPECT_EQ(run.time, "2025-04-24T11:58:50Z");
    ASSERT_EQ(run.results.size(), 2u);
    const auto& result = run.results[0];
    EXPECT_EQ(result.model, "Qwen2.5-7B-Q4_K_M.gguf");
    EXPECT_EQ(result.test(), "tg128 @ d512");
    EXPECT_EQ(result.rates(), (std::vector<double>{80, 160}));
    EXPECT_EQ(result.model_n_params, 7615616512);
  }
}

TEST(ImportBench, AnAverageStandsInForMissingSamples) {
  const auto run = read_bench_rows(R"([{"n_prompt": 512, "avg_ns": 2e9}])");
  ASSERT_EQ(run.results[0].samples.size(), 1u);
  EXPECT_EQ(run.results[0].rates(), std::vector<double>{256});
}

TEST(ImportBench, RefusesWhatIsNoResultAndNamesTheRow) {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"", "no results"},
      {"[]", "no results"},
      {"| model | size |", "line 1"},
      {"{\"n_gen\": 1, \"avg_ns\": 5}\n{", "line 2"},
      {"[3]", "row 1: is no object"},
      {R"([{"n_gen": "x"}])", "n_gen is no number"},
      {R"([{"n_gen": -1, "avg_ns": 5}])", "n_gen is -1"},
      {R"([{"n_gen": 1e300, "avg_ns": 5}])", "n_gen is 1e"},
      {R"([{"avg_ns": 5}])", "both 0"},
      {R"([{"n_gen": 1}])", "neither samples_ns nor avg_ns"},
      {R"([{"n_gen": 1, "samples_ns": [0]}])", "took no time"},
      {R"([{"n_gen": 1, "samples_ns": 7}])", "no list"},
      {R"([{"n_gen": 1, "samples_ns": ["a"]}])", "no number"},
      {R"([{"n_gen": 1, "avg_ns": 5, "type_k": 3}])", "type_k is no text"},
  };
  for (const auto& c : cases) {
    try {
      read_bench_rows(c.text);
      FAIL() << c.text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidFile) << c.text;
      EXPECT_NE(std::string(error.what()).find(c.says), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace ridge::cli
