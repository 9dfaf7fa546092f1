#include "engine/memory_plan.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "cpu/cpu_backend.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "model/transformer.h"
#include "spec/build.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"

namespace ridge {
namespace {

constexpr MemoryNeeds kNeeds{.experts = 800, .other_weights = 100, .kv = 50, .compute = 50};

MemoryLimit limit_of(int64_t n_bytes) {
  return {.n_bytes = n_bytes, .by = "the test"};
}

struct PlanCase {
  int64_t limit;
  WeightPlacement placement;
  int64_t paged;
};

TEST(MemoryPlan, LeavesInTheFileWhatDoesNotFitExpertsFirst) {
  constexpr PlanCase kCases[] = {{1000, WeightPlacement::kMemory, 0},
                                 {999, WeightPlacement::kMappedExperts, 800},
                                 {200, WeightPlacement::kMappedExperts, 800},
                                 {199, WeightPlacement::kMapped, 900},
                                 {100, WeightPlacement::kMapped, 900}};
  for (const PlanCase& c : kCases) {
    const MemoryPlan plan = plan_memory(kNeeds, limit_of(c.limit), Paging::kAllowed);
    EXPECT_EQ(plan.placement, c.placement) << c.limit;
    EXPECT_EQ(plan.paged_bytes(), c.paged) << c.limit;
  }
}

std::string refusal(const MemoryNeeds& needs, int64_t limit, Paging paging) {
  try {
    plan_memory(needs, limit_of(limit), paging);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
    return error.what();
  }
  return "not refused";
}

TEST(MemoryPlan, RefusesWithTheFiguresAndTheWaysOut) {
  constexpr int64_t kGiga = 1'000'000'000;
  const MemoryNeeds needs{
      .experts = 12 * kGiga, .other_weights = 2 * kGiga, .kv = kGiga, .compute = kGiga / 2};
  EXPECT_EQ(plan_memory(needs, limit_of(needs.total()), Paging::kRefused).paged_bytes(), 0);
  const std::string message = refusal(needs, 8 * kGiga, Paging::kRefused);
  for (const char* part :
       {"15.50 GB", "14.00 GB of weights", "1.00 GB of KV cache", "the test", "8.00 GB", "-c",
        "-ctk q8_0", "smaller quantization", "--allow-paging"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " in: " << message;
  }
  const std::string cache = refusal(needs, kGiga, Paging::kAllowed);
  EXPECT_NE(cache.find("1.50 GB"), std::string::npos) << cache;
  EXPECT_EQ(cache.find("--allow-paging"), std::string::npos) << cache;
}

// What is planned is what is allocated, but for the program's own share.
TEST(MemoryPlan, NeedsAreThoseOfTheLoadedModel) {
  const testing::TempFolder folder;
  const auto path = testing::write_tiny_model(folder / "tiny.gguf", "gemma3");
  const auto backend = cpu::make_backend({.n_threads = 1});
  const gguf::File file = gguf::File::open(path);
  const ModelSpec spec = build_spec(file);
  const KvOptions options =
      Session::pool_options({.n_tokens = 256, .n_sequences = 1, .max_batch = 32});
  const MemoryNeeds needs = memory_needs(spec, file, *backend, options);
  EXPECT_EQ(needs.kv, KvPool(*backend, spec, options).n_bytes());
  EXPECT_EQ(needs.experts, 0);
  // Rows are packed in groups of at most 16: each of the tensors may grow by 15 rows.
  const int64_t in_file = Transformer(file, spec, *backend).weight_bytes();
  EXPECT_GE(needs.other_weights, in_file);
  EXPECT_LE(needs.other_weights, in_file + int64_t(file.tensors().size()) * 15 * 256 * 4);
}

TEST(MemoryPlan, AnEngineThatWouldNotFitIsRefusedBeforeItTakesMemory) {
  const testing::TempFolder folder;
  const auto path = testing::write_tiny_model(folder / "tiny.gguf", "qwen3");
  const auto backend = cpu::make_backend({.n_threads = 1});
  const EngineOptions small{.memory = limit_of(1 << 20)};
  EXPECT_THROW(Engine(path, *backend, small), Error);
}

TEST(MemoryPlan, APagedEngineGivesTheSameLogits) {
  const testing::TempFolder folder;
  const auto path = testing::write_tiny_model(folder / "tiny.gguf", "qwen3", DType::kQ8_0);
  const auto backend = cpu::make_backend({.n_threads = 2});
  const auto logits_of = [&](const EngineOptions& options) {
    Engine engine(path, *backend, options);
    EXPECT_EQ(engine.memory_plan().paged_bytes() > 0, options.paging == Paging::kAllowed);
    std::vector<float> all;
    const std::vector<text::Token> tokens = {1, 7, 42, 99, 3, 5, 8, 13, 21, 34};
    engine.logits(tokens, [&](int64_t, std::span<const float> rows) {
      all.insert(all.end(), rows.begin(), rows.end());
    });
    return all;
  };
  const gguf::File file = gguf::File::open(path);
  const MemoryNeeds needs = memory_needs(
      build_spec(file), file, *backend, Session::pool_options({.n_tokens = 512, .max_batch = 512}));
  const MemoryLimit all_but_a_byte = limit_of(needs.total() - 1);
  EXPECT_EQ(logits_of({.paging = Paging::kAllowed, .memory = all_but_a_byte}), logits_of({}));
}

}  // namespace
}  // namespace ridge
