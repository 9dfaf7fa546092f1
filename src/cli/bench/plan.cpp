#include "cli/bench/plan.h"

#include "base/error.h"
#include "cli/bench/value_list.h"
#include "cli/options/model_options.h"

namespace ridge::cli {
namespace {

constexpr NumberRange kTokens{0, 1 << 24};
constexpr NumberRange kColumns{1, 256};
constexpr NumberRange kBatch{1, 1 << 16};
constexpr NumberRange kThreads{0, 4096};

std::vector<std::string> or_default(const std::vector<std::string>& words, const char* standard) {
  return words.empty() ? std::vector<std::string>{standard} : words;
}

std::vector<CacheSetup> plan_caches(const BenchLists& lists) {
  std::vector<CacheSetup> caches;
  const auto batches = numbers_of(or_default(lists.batches, "2048"), "-b", kBatch);
  const auto ubatches = numbers_of(or_default(lists.ubatches, "512"), "-ub", kBatch);
  for (const std::string& k : texts_of(or_default(lists.k_types, "f16"))) {
    for (const std::string& v : texts_of(or_default(lists.v_types, "f16"))) {
      cache_dtype(k, "-ctk");
      cache_dtype(v, "-ctv");
      for (int64_t batch : batches) {
        for (int64_t ubatch : ubatches) {
          caches.push_back({.k_type = k, .v_type = v, .n_batch = batch, .n_ubatch = ubatch});
        }
      }
    }
  }
  return caches;
}

std::vector<ModelSetup> plan_models(const BenchLists& lists) {
  std::vector<ModelSetup> models;
  const auto threads = numbers_of(or_default(lists.threads, "0"), "-t", kThreads);
  for (const std::string& model : texts_of(lists.models)) {
    for (const std::string& isa : texts_of(or_default(lists.isas, ""))) {
      for (int64_t n : threads) {
        models.push_back({.model = model, .isa = isa, .n_threads = int(n)});
      }
    }
  }
  return models;
}

}  // namespace

std::vector<BenchTest> plan_tests(const BenchLists& lists) {
  const auto prompts = numbers_of(or_default(lists.prompts, "512"), "-p", kTokens);
  const auto generations = numbers_of(or_default(lists.generations, "128"), "-n", kTokens);
  const auto columns = numbers_of(or_default(lists.columns, "1"), "-npl", kColumns);
  const auto pairs = pairs_of(lists.pairs, "-pg", kTokens);
  std::vector<BenchTest> tests;
  for (int64_t depth : numbers_of(or_default(lists.depths, "0"), "-d", kTokens)) {
    for (int64_t n : prompts) {
      if (n > 0) tests.push_back({.n_prompt = n, .n_depth = depth});
    }
    for (int64_t n : generations) {
      for (int64_t n_columns : columns) {
        if (n > 0) tests.push_back({.n_gen = n, .n_depth = depth, .n_columns = int(n_columns)});
      }
    }
    for (const NumberPair& pair : pairs) {
      const BenchTest test{.n_prompt = pair.first, .n_gen = pair.second, .n_depth = depth};
      if (test.n_tokens() > 0) tests.push_back(test);
    }
  }
  if (tests.empty()) fail(ErrorCode::kInvalidArgument, "nothing to measure: -p and -n are both 0");
  return tests;
}

BenchPlan plan_bench(const BenchLists& lists) {
  BenchPlan plan{
      .models = plan_models(lists), .caches = plan_caches(lists), .tests = plan_tests(lists)};
  if (plan.models.empty()) {
    fail(ErrorCode::kInvalidArgument, "no MODEL: a GGUF file, or a name that 'ridge list' shows");
  }
  return plan;
}

}  // namespace ridge::cli
