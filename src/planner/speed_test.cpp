#include "planner/speed.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "planner/plan.h"

namespace ridge::planner {
namespace {

const Catalogues& catalogues() {
  static const Catalogues all = builtin_catalogues();
  return all;
}

Work work_of(const char* name, const char* quant, DType kv = DType::kF16) {
  const PlannedModel model =
      planned_model(find_shape(catalogues().models, name), quant_from_name(quant));
  return planner::work_of(model, kv, kv);
}

SpeedModel speed_on(const char* machine, const char* engine = "llama.cpp") {
  return {catalogues().calibration, find_machine(catalogues().hardware, machine).hardware, engine};
}

// Bytes that a token reads (GB), counted by others from tensor lists.
TEST(Work, ActiveBytesComeFromTheTensors) {
  const struct {
    const char* model;
    const char* quant;
    double gb;
  } kCases[] = {{"Qwen3-Coder-30B-A3B", "Q4_K_M", 1.920}, {"gpt-oss-120b", "MXFP4", 3.589},
                {"DeepSeek-R1", "Q4_K_M", 22.295},        {"Llama-3.3-70B", "Q4_K_M", 41.922},
                {"Qwen3.6-35B-A3B", "Q8_0", 3.195},       {"Gemma-4-26B-A4B", "Q8_0", 4.093},
                {"Llama-3.3-70B", "MLX-4bit", 39.097},    {"Llama-3.3-70B", "NVFP4", 40.61},
                {"Qwen3.6-35B-A3B", "UD-Q4_K_XL", 2.734}, {"Qwen3.6-35B-A3B", "UD-Q5_K_XL", 2.863}};
  for (const auto& c : kCases) {
    EXPECT_NEAR(work_of(c.model, c.quant).active_bytes() / 1e9, c.gb, 0.003 * c.gb)
        << c.model << " " << c.quant;
  }
}

// Prefill arithmetic by hand: 2 FLOPs a weight of the layers; attention 4 · heads · width ·
// position of layers that see everything, 2 · heads · (576 + 512) · position of latent ones.
TEST(Work, PromptsCostTheirMultiplyAdds) {
  const Work llama = work_of("Llama-3.1-8B", "Q4_K_M");
  EXPECT_NEAR(llama.weight_flops / 1e9, 13.96, 0.01);
  EXPECT_DOUBLE_EQ(llama.attention_flops(8192), 32 * 4.0 * 32 * 128 * 8192);
  const Work deepseek = work_of("DeepSeek-V3", "Q4_K_M");
  EXPECT_DOUBLE_EQ(deepseek.attention_flops(512), 61 * 2.0 * 128 * (576 + 512) * 512);
  const Work gemma = work_of("Gemma-3-27B", "Q4_K_M");
  EXPECT_DOUBLE_EQ(gemma.attention_flops(8192), 4.0 * 32 * 128 * (10 * 8192.0 + 52 * 1024.0));
}

TEST(Work, StreamsCoverExpertsAndNeverMoreThanAll) {
  const Work moe = work_of("Qwen3-30B-A3B", "Q8_0");
  const double two = 1 - std::pow(1 - 8.0 / 128, 2);
  EXPECT_NEAR(moe.step_bytes(2), moe.shared_bytes + moe.expert_bytes * two, 1);
  double last = 0;
  for (const int64_t n : {1, 2, 4, 8, 16, 32, 64, 4096}) {
    EXPECT_GT(moe.step_bytes(n), last);
    EXPECT_LE(moe.step_bytes(n), moe.shared_bytes + moe.expert_bytes);
    last = moe.step_bytes(n);
  }
  const Work dense = work_of("Llama-3.1-8B", "Q4_K_M");
  EXPECT_EQ(dense.step_bytes(32), dense.step_bytes(1));
}

TEST(Speed, NothingExceedsTheBandwidth) {
  for (const Hardware& hardware : catalogues().hardware) {
    for (const char* engine : {"llama.cpp", "MLX", "vLLM", "ridge"}) {
      const SpeedModel speed(catalogues().calibration, hardware, engine);
      for (const char* name : {"SmolLM2-135M", "Llama-3.3-70B", "gpt-oss-120b", "Qwen3.6-27B"}) {
        const Work work = work_of(name, "Q4_K_M");
        for (const int64_t depth : {0, 32768}) {
          for (const int64_t n_streams : {1, 32}) {
            const SpeedQuestion question{.depth = depth, .n_streams = n_streams};
            const Rate rate = speed.decode(work, question);
            const double bytes = work.step_bytes(n_streams);
            EXPECT_LE(rate.high, double(n_streams) * hardware.bandwidth / bytes);
            EXPECT_LE(rate.low, rate.value);
            EXPECT_LE(rate.value, rate.high);
            EXPECT_GT(rate.low, 0);
          }
        }
      }
    }
  }
}

// The further a context, the slower; more streams, more tokens.
TEST(Speed, DepthCostsAndStreamsGain) {
  const SpeedModel speed = speed_on("DGX Spark");
  for (const char* name : {"Llama-3.1-8B", "Qwen3-30B-A3B", "GLM-4.7-Flash", "Qwen3.6-35B-A3B"}) {
    const Work work = work_of(name, "Q8_0");
    double decode = 1e9, prefill = 1e9, aggregate = 0;
    for (const int64_t depth : {0, 4096, 16384, 65536}) {
      EXPECT_LT(speed.decode(work, {.depth = depth}).value, decode) << name;
      EXPECT_LT(speed.prefill(work, {.depth = depth}).value, prefill) << name;
      decode = speed.decode(work, {.depth = depth}).value;
      prefill = speed.prefill(work, {.depth = depth}).value;
    }
    for (const int64_t n : {1, 2, 4, 8, 16, 32}) {
      EXPECT_GT(speed.decode(work, {.n_streams = n}).value, aggregate) << name;
      aggregate = speed.decode(work, {.n_streams = n}).value;
    }
  }
}

// With a cached prefix only the new tokens are read, at its depth.
TEST(Speed, ACachedPrefixIsNotReadAgain) {
  const SpeedModel speed = speed_on("Apple M4 Max");
  const Work work = work_of("Qwen3.6-35B-A3B", "Q8_0");
  const double cold = speed.first_token_seconds(work, {.depth = 0, .pp_tokens = 32768});
  const double warm = speed.first_token_seconds(work, {.depth = 32268, .pp_tokens = 500});
  EXPECT_LT(warm, cold / 20);
}

// Context scaling retention from the architecture: the ranking that follows from attention's share
// of the arithmetic, whatever the machine.
TEST(Speed, RetentionFollowsTheArchitecture) {
  const SpeedModel speed = speed_on("Apple M2 Ultra");
  const auto retention = [&](const char* name) {
    const Work work = work_of(name, "Q8_0");
    return speed.prefill(work, {.pp_tokens = 65536}).value /
           speed.prefill(work, {.pp_tokens = 512}).value;
  };
  EXPECT_GT(retention("Gemma-3-27B"), retention("Llama-3.3-70B"));
  EXPECT_GT(retention("Llama-3.3-70B"), retention("Llama-3.1-8B"));
  for (const char* hybrid : {"Gemma-4-26B-A4B", "Qwen3.6-35B-A3B", "Qwen3-Next-80B-A3B"}) {
    EXPECT_GT(retention(hybrid), retention("Qwen3-30B-A3B")) << hybrid;
  }
  EXPECT_GT(retention("Qwen3-30B-A3B"), retention("GLM-4.7-Flash"));
}

TEST(Speed, ProvenanceSaysWhatWasMeasured) {
  const Work work = work_of("Llama-3.1-8B", "Q4_K_M");
  EXPECT_TRUE(speed_on("Apple M4 Max").provenance(work).starts_with("calibrated on "));
  EXPECT_TRUE(speed_on("RTX 4090", "MLX").provenance(work).starts_with("nominal"));
}

}  // namespace
}  // namespace ridge::planner
