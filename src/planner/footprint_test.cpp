#include "planner/footprint.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "planner/plan.h"

namespace ridge::planner {
namespace {

const Catalogues& catalogues() {
  static const Catalogues all = builtin_catalogues();
  return all;
}

PlannedModel model_of(const char* name, const char* quant) {
  return planned_model(find_shape(catalogues().models, name), quant_from_name(quant));
}

double cache_gb(const char* name, int64_t n_tokens, DType dtype) {
  double total = 0;
  for (const KvKindBytes& kind : kv_bytes(model_of(name, "F16").spec, dtype, dtype)) {
    total += double(kind.bytes(n_tokens));
  }
  return total / 1e9;
}

// Sizes of caches that others publish (GB): linear, windowed, recurrent, latent.
TEST(Footprint, CachesHaveTheirPublishedSizes) {
  const struct {
    const char* model;
    double at_8k, at_128k, at_128k_q8;
  } kCases[] = {
      {"Llama-3.1-8B", 1.074, 17.180, 9.127},     {"Qwen3-8B", 1.208, 19.327, 10.268},
      {"Gemma-3-12B", 0.872, 8.925, 4.742},       {"Gemma-3-27B", 1.107, 11.174, 5.936},
      {"gpt-oss-20b", 0.204, 3.224, 1.713},       {"gpt-oss-120b", 0.307, 4.837, 2.569},
      {"Qwen3-235B-A22B", 1.577, 25.233, 13.405}, {"GLM-4.5-Air", 1.544, 24.696, 13.120},
      {"Gemma-4-26B-A4B", 0.377, 2.894, 1.537},   {"Qwen3-Next-80B-A3B", 0.280, 3.300, 1.790},
      {"Qwen3.6-35B-A3B", 0.234, 2.750, 1.492},   {"Qwen3.6-27B", 0.694, 8.747, 4.720},
      {"DeepSeek-V3", 0.576, 9.211, 4.893},       {"GLM-4.7-Flash", 0.444, 7.097, 3.770},
      {"Llama-3.3-70B", 2.684, 42.950, 22.817},   {"Llama-2-7B", 4.295, 68.719, 36.507},
  };
  for (const auto& c : kCases) {
    EXPECT_NEAR(cache_gb(c.model, 8192, DType::kF16), c.at_8k, 0.0006) << c.model;
    EXPECT_NEAR(cache_gb(c.model, 131072, DType::kF16), c.at_128k, 0.0006) << c.model;
    EXPECT_NEAR(cache_gb(c.model, 131072, DType::kQ8_0), c.at_128k_q8, 0.0006) << c.model;
  }
}

struct FitCase {
  const char* model;
  const char* quant;
  const char* hardware;
  int64_t context;
  DType kv;
  bool fits;
};

TEST(Footprint, WhatFitsAndWhatDoesNot) {
  constexpr FitCase kCases[] = {
      // Fell to 3.11 tokens/s there when it was paged.
      {"Llama-2-70B", "Q4_0", "Apple M3 Max 40c 48GB", 4096, DType::kF16, false},
      // 49.9 GB of weights and 10.7 or 5.7 of cache against 55.7.
      {"Llama-3.3-70B", "Q5_K_M", "Apple M4 Max 64GB", 32768, DType::kF16, false},
      {"Llama-3.3-70B", "Q5_K_M", "Apple M4 Max 64GB", 32768, DType::kQ8_0, false},
      {"gpt-oss-120b", "MXFP4", "Apple M2 Max 96GB", 32768, DType::kF16, true},
      {"DeepSeek-R1", "Q4_K_M", "Apple M3 Ultra 256GB", 4096, DType::kF16, false},
      {"DeepSeek-R1", "Q4_K_M", "Apple M3 Ultra 512GB", 4096, DType::kF16, true},
      {"Kimi-K2", "Q4_K_M", "Apple M3 Ultra 512GB", 4096, DType::kF16, false},
      {"Llama-3.3-70B", "Q4_K_M", "RTX 4090", 4096, DType::kF16, false},
      {"Llama-3.3-70B", "Q4_K_M", "2x RTX 4090", 4096, DType::kF16, true},
  };
  for (const FitCase& c : kCases) {
    PlanQuestion question{.machine = find_machine(catalogues().hardware, c.hardware)};
    question.setup = {.context = c.context, .k_dtype = c.kv, .v_dtype = c.kv};
    const Plan plan = make_plan(catalogues(), model_of(c.model, c.quant), question);
    EXPECT_EQ(plan.fits, c.fits) << c.model << " " << c.quant << " on " << c.hardware << ": "
                                 << plan.bytes.total() << " of " << plan.limit.bytes;
  }
}

TEST(Footprint, TheLongestContextFitsAndTheNextDoesNot) {
  const PlannedModel model = model_of("Llama-3.1-8B", "Q4_K_M");
  constexpr int64_t kLimit = 10'000'000'000;
  for (const int64_t n_slots : {1, 3}) {
    RunSetup setup{.n_slots = n_slots};
    setup.context = longest_context(model, setup, kLimit);
    EXPECT_LE(footprint_of(model, setup).total(), kLimit);
    setup.context += 256;
    EXPECT_GT(footprint_of(model, setup).total(), kLimit);
  }
  EXPECT_EQ(longest_context(model, {}, 4'000'000'000), 0);
  EXPECT_EQ(longest_context(model, {}, 1'000'000'000'000), 131072);
}

TEST(Footprint, ACacheBeyondReasonIsRefused) {
  RunSetup setup{.context = int64_t{1} << 40};
  EXPECT_THROW(footprint_of(model_of("Qwen3-0.6B", "Q8_0"), setup), Error);
}

}  // namespace
}  // namespace ridge::planner
