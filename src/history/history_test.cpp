#include "history/history.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "support/temp_folder.h"

namespace ridge::history {
namespace {

RunRecord some_run(const std::string& label = "") {
  ResultRecord decode{.model = "m.gguf",
                      .model_type = "qwen2 1.54B Q4_K_M",
                      .model_size = 980,
                      .model_n_params = 1'540'000'000'000,
                      .backend = "cpu avx2, 2 threads",
                      .n_threads = 2,
                      .n_ubatch = 512,
                      .type_k = "f16",
                      .type_v = "q8_0",
                      .n_gen = 128,
                      .n_depth = 4096,
                      .n_columns = 2,
                      .n_tokens = 256,
                      .bytes_per_token = 1.5e9,
                      .macs_per_token = 2e9,
                      .samples = {{1.25, 20e9}, {1.5, 21e9}}};
  ResultRecord prefill{.model = "m.gguf", .n_prompt = 512, .n_tokens = 512, .samples = {{2.0, 0}}};
  return {.time = "2026-11-21T13:45:00Z",
          .label = label,
          .engine = "ridge",
          .build = "abc1234",
          .machine = "CPU, 2 cores",
          .machine_id = "0123456789abcdef",
          .warnings = {"on battery", "it's \"busy\""},
          .mac_roof = 5e10,
          .results = {decode, prefill}};
}

class TempHistory : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "data" / "bench.sqlite"; }
  testing::TempFolder folder_;
};

TEST_F(TempHistory, GivesBackWhatItWasGivenAlsoToTheNextProcess) {
  const RunRecord run = some_run("before");
  const int64_t id = History(path()).add(run);
  const RunRecord back = History(path()).find(std::to_string(id));
  EXPECT_EQ(back.id, id);
  EXPECT_EQ(back.time, run.time);
  EXPECT_EQ(back.label, run.label);
  EXPECT_EQ(back.engine, run.engine);
  EXPECT_EQ(back.build, run.build);
  EXPECT_EQ(back.machine, run.machine);
  EXPECT_EQ(back.machine_id, run.machine_id);
  EXPECT_EQ(back.warnings, run.warnings);
  EXPECT_EQ(back.mac_roof, run.mac_roof);
  ASSERT_EQ(back.results.size(), 2u);
  const ResultRecord& r = back.results[0];
  EXPECT_EQ(r.model_type, "qwen2 1.54B Q4_K_M");
  EXPECT_EQ(r.model_n_params, 1'540'000'000'000);
  EXPECT_EQ(r.backend, "cpu avx2, 2 threads");
  EXPECT_EQ(r.type_v, "q8_0");
  EXPECT_EQ(r.test(), "tg128 @ d4096 x2");
  EXPECT_EQ(r.bytes_per_token, 1.5e9);
  EXPECT_EQ(r.macs_per_token, 2e9);
  EXPECT_EQ(r.rates(), (std::vector<double>{256 / 1.25, 256 / 1.5}));
  EXPECT_EQ(r.samples[1].bandwidth, 21e9);
  EXPECT_EQ(back.results[1].test(), "pp512");
}

TEST_F(TempHistory, RunsAreFoundByNumberPlaceAndLabel) {
  History history(path());
  const int64_t first = history.add(some_run("base"));
  const int64_t second = history.add(some_run("base"));
  const int64_t third = history.add(some_run("lastly"));
  EXPECT_EQ(history.find("last").id, third);
  EXPECT_EQ(history.find("last~2").id, first);
  EXPECT_EQ(history.find("base").id, second) << "the newest of the label";
  EXPECT_EQ(history.find("lastly").id, third) << "a label may begin with last";
  for (const char* none : {"99", "last~3", "last~x", "nobody", "-1", ""}) {
    EXPECT_THROW(history.find(none), Error) << none;
  }
  const auto runs = history.list(2);
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].id, third);
  EXPECT_EQ(runs[1].id, second);
}

TEST_F(TempHistory, ARemovedRunIsGoneAndItsNumberIsNotUsedAgain) {
  History history(path());
  history.add(some_run());
  const int64_t id = history.add(some_run());
  history.remove(id);
  EXPECT_THROW(history.find(std::to_string(id)), Error);
  EXPECT_GT(history.add(some_run()), id);
}

TEST_F(TempHistory, TwoAtOnceShareTheFile) {
  History one(path());
  History other(path());
  one.add(some_run("one"));
  other.add(some_run("other"));
  EXPECT_EQ(one.list(10).size(), 2u);
}

TEST_F(TempHistory, AForeignOrNewerFileIsRefused) {
  std::filesystem::create_directories(path().parent_path());
  std::ofstream(path()) << std::string(4096, 'x');
  EXPECT_THROW(History{path()}, Error);
  std::filesystem::remove(path());
  {
    Database(path()).execute("PRAGMA user_version = 99");
  }
  try {
    History history(path());
    FAIL() << "a newer history was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

TEST_F(TempHistory, AnUnfinishedTransactionLeavesNothing) {
  std::filesystem::create_directories(path().parent_path());
  Database database(path());
  database.execute("CREATE TABLE t (x INTEGER)");
  {
    Transaction transaction(database);
    database.execute("INSERT INTO t VALUES (1)");
  }
  Statement count = database.prepare("SELECT count(*) FROM t");
  ASSERT_TRUE(count.next());
  EXPECT_EQ(count.integer(0), 0);
}

}  // namespace
}  // namespace ridge::history
