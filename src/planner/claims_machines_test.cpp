// What widely read articles say of machines and of what fits them: a test for each claim, named
// after it. docs/planning.md lists them.
#include <gtest/gtest.h>

#include "base/error.h"
#include "planner/advise.h"
#include "planner/offload.h"
#include "planner/test_plans.h"

namespace ridge::planner {
namespace {

double gbs(const char* machine) {
  return hardware_of(machine).bandwidth / 1e9;
}

bool fits_before_macos26(const Asked& asked) {
  PlanQuestion question = question_of(asked);
  question.limit = device_limit(question.machine, MacOs::kOlder);
  return make_plan(test_catalogues(), model_of(asked.model, asked.quant), question).fits;
}

TEST(ClaimMachines, MacsOf192And512GigabytesHaveTheSameChip) {
  EXPECT_NEAR(gbs("M3 Ultra 512GB") / gbs("M2 Ultra 192GB"), 1.024, 0.001);
}

TEST(ClaimMachines, TheM4UltraIsTheOneToBuy) {
  EXPECT_THROW(hardware_of("Apple M4 Ultra"), Error);  // never made
  EXPECT_EQ(gbs("M3 Ultra"), 819);
  EXPECT_EQ(gbs("M5 Ultra"), 1228);
}

TEST(ClaimMachines, TheM4ProReads200GigabytesASecond) {
  EXPECT_EQ(gbs("M4 Pro"), 273);
}

TEST(ClaimMachines, TheM5MaxReads546GigabytesASecond) {
  EXPECT_EQ(gbs("M5 Max"), 614);
  EXPECT_EQ(gbs("M5 Max (32)"), 460);
  EXPECT_EQ(gbs("M4 Max"), 546);  // that is this one
}

TEST(ClaimMachines, TheM5UltraReads1092GigabytesASecondInto256) {
  const Hardware ultra = hardware_of("M5 Ultra");
  EXPECT_EQ(ultra.bandwidth, 2 * hardware_of("M5 Max").bandwidth);
  EXPECT_EQ(ultra.memory_gb, (std::vector<int64_t>{96, 256, 512}));
}

TEST(ClaimMachines, TheM5MaxComputes14TeraflopsASecond) {
  // Its own table: 876 tokens/s of Qwen3-32B.
  const double reached = 876 * work_of_model("Qwen3-32B", "Q4_K_M").weight_flops;
  EXPECT_NEAR(reached / 1e12, 54.7, 0.1);
  EXPECT_GT(hardware_of("M5 Max").fp16_flops, reached);
  EXPECT_EQ(hardware_of("M3 Max").fp16_flops, 14.3e12);  // that is this one
}

TEST(ClaimMachines, TheM5MaxApproachesDatacenterCards) {
  EXPECT_NEAR(gbs("A100 80GB") / gbs("M5 Max"), 3.3, 0.2);
  EXPECT_NEAR(gbs("MI300X") / gbs("M5 Max"), 8.6, 0.1);
}

TEST(ClaimMachines, TheM4MaxHasTheHighestBandwidthAConsumerCanBuy) {
  for (const char* faster : {"RTX 4090", "RTX 5090", "M3 Ultra", "RX 7900 XTX"}) {
    EXPECT_GT(gbs(faster), gbs("M4 Max")) << faster;
  }
}

TEST(ClaimMachines, TheM4MaxReadsTwoToThreeTimesWhatDdr5Does) {
  EXPECT_NEAR(gbs("M4 Max") / gbs("DDR5-5600 x2"), 6.1, 0.05);
  EXPECT_NEAR(gbs("M4 Max") / gbs("DDR5-6400 x2"), 5.3, 0.05);
}

TEST(ClaimMachines, PciExpressIsAnOrderOfMagnitudeBelowAnM2Pro) {
  EXPECT_NEAR(gbs("M2 Pro") / 64, 3.1, 0.03);
}

TEST(ClaimMachines, TheM3UltraHas256GigabytesAtMost) {
  EXPECT_EQ(hardware_of("M3 Ultra").memory_gb.back(), 512);  // until March 2026
}

TEST(ClaimMachines, CardsReadPromptsThreeToTenTimesFasterThanMacs) {
  const auto prompts = [](const char* machine) { return hardware_of(machine).usable_flops(); };
  EXPECT_NEAR(prompts("RTX 4090") / prompts("M3 Ultra"), 8.2, 0.1);
  EXPECT_NEAR(prompts("RTX 5090") / prompts("M4 Max"), 15.9, 0.1);
  EXPECT_NEAR(prompts("RTX 4090") / prompts("M5 Max"), 3.7, 0.1);  // matrix units in the GPU
}

TEST(ClaimMachines, AMacOf64GigabytesHolds64) {
  const auto limit = [](MacOs macos) {
    return double(
        device_limit(find_machine(test_catalogues().hardware, "M4 Max 64GB"), macos).bytes);
  };
  EXPECT_NEAR(limit(MacOs::k26) / 1e9, 55.66, 0.01);
  EXPECT_NEAR(limit(MacOs::kOlder) / kGiB, 48, 0.01);
}

TEST(ClaimMachines, AWiredLimitOfZeroIsNone) {
  const auto limit =
      double(device_limit(find_machine(test_catalogues().hardware, "M5 Max 128GB")).bytes);
  EXPECT_NEAR(limit / 1e6, 115448.73, 0.02);
  EXPECT_NEAR(limit / kGiB, 107.5, 0.05);
  EXPECT_GT(114688.0 * (1 << 20), limit);  // "105 GB, and slower" was more than the default
}

TEST(ClaimMachines, TwoModelsDidNotFitTheMemoryTogether) {
  const double both = work_of_model("gpt-oss-120b", "MXFP4").weight_bytes +
                      work_of_model("Qwen3.6-35B-A3B", "UD-Q5_K_XL").weight_bytes;
  const Machine mac = find_machine(test_catalogues().hardware, "M5 Max 128GB");
  EXPECT_LT(both, double(device_limit(mac).bytes));  // what purging changed was something else
}

TEST(ClaimMachines, A70BModelAtQ8IsBorderlineOn96Gigabytes) {
  const Asked asked{"Llama-3.3-70B", "Q8_0", "M2 Max 96GB", "llama.cpp", 8192};
  EXPECT_FALSE(fits_before_macos26(asked));
  Asked larger = asked;
  larger.machine = "M4 Max 128GB";
  EXPECT_TRUE(fits_before_macos26(larger));
  Asked longer = asked;  // macOS 26 lets the GPU hold more: some contexts fit, the model's own not
  longer.context = 131072;
  EXPECT_FALSE(plan_of(longer).fits);
}

TEST(ClaimMachines, A70BModelInFp8RunsOnAnM4Pro) {
  EXPECT_FALSE(plan_of({"Llama-3.3-70B", "FP8", "M4 Pro 64GB"}).fits);
}

TEST(ClaimMachines, DeepSeekRunsIn256Gigabytes) {
  EXPECT_FALSE(plan_of({"DeepSeek-R1", "Q4_K_M", "M3 Ultra 256GB"}).fits);
  EXPECT_FALSE(plan_of({"DeepSeek-R1", "Q2_K", "M3 Ultra 256GB"}).fits);
  EXPECT_TRUE(plan_of({"DeepSeek-R1", "IQ2_XXS", "M3 Ultra 256GB"}).fits);  // 2.1 bits
  EXPECT_TRUE(plan_of({"DeepSeek-R1", "Q4_K_M", "M3 Ultra 512GB"}).fits);
}

TEST(ClaimMachines, OneH100HoldsDeepSeek) {
  EXPECT_FALSE(plan_of({"DeepSeek-R1", "Q4_K_M", "H100"}).fits);
  EXPECT_FALSE(plan_of({"DeepSeek-R1", "Q4_K_M", "4x H100"}).fits);
  EXPECT_TRUE(plan_of({"DeepSeek-R1", "Q4_K_M", "6x H100"}).fits);
}

TEST(ClaimMachines, GptOss120BNeedsMoreThan96Gigabytes) {
  EXPECT_TRUE(plan_of({"gpt-oss-120b", "MXFP4", "M2 Max 96GB"}).fits);
}

TEST(ClaimMachines, TheServerTakes49GigabytesAndASecondModelFillsTheMac) {
  const Asked asked{"Qwen3.6-35B-A3B", "UD-Q5_K_XL", "M5 Max 128GB",
                    "llama.cpp",       131072,       DType::kQ8_0};
  PlanQuestion question = question_of(asked);
  question.setup.n_slots = 2;
  const Plan plan = make_plan(test_catalogues(), model_of(asked.model, asked.quant), question);
  // Without the article's own 6.2 GB of buffers and server.
  EXPECT_NEAR(double(plan.bytes.weights + plan.bytes.cache() + plan.bytes.state) / 1e9, 29.6, 0.9);
  const Plan second =
      plan_of({"gpt-oss-120b", "MXFP4", "M5 Max 128GB", "llama.cpp", 32768, DType::kQ8_0});
  EXPECT_LT(double(plan.bytes.total() + second.bytes.total()) / 1e9, 103);
  EXPECT_LT(plan.bytes.total() + second.bytes.total(), plan.limit.bytes);
}

TEST(ClaimMachines, Q4IsTheFloorOfProductionAndMoreIsLossless) {
  // Q4_K_M costs Llama-3-70B 4.8 %: better ones are offered where they fit.
  const Prices prices = parse_prices(builtin_prices());
  const Quality quality = parse_quality(builtin_quality());
  const Advice advice = advise(test_catalogues(), prices, quality,
                               find_shape(test_catalogues().models, "Llama-3.1-8B"), {});
  ASSERT_FALSE(advice.choices.empty());
  for (const Choice& choice : advice.choices) {
    EXPECT_LT(choice.quality_percent, quality.of("Q4_K_M")) << choice.machine.hardware.name;
  }
}

TEST(ClaimMachines, A4090RunsA70BModelWithOffloadAt8To15) {
  const Asked asked{"Llama-3.3-70B", "Q4_K_M", "RTX 4090", "llama.cpp", 4096};
  const Plan plan = plan_of(asked);
  ASSERT_FALSE(plan.fits);
  const auto offload = offload_of(question_of(asked), plan);
  ASSERT_TRUE(offload.has_value());
  EXPECT_GT(offload->decode.low, 2.2);
  EXPECT_LT(offload->decode.high, 4.2);
  EXPECT_GT(offload->share, 0.4);
}

TEST(ClaimMachines, TheNumberOfLayersOnTheCardIsCosmetic) {
  // Each layer that is computed beside the card costs the time of many that are on it.
  const Asked less{"Qwen2.5-32B", "Q5_K_M", "RTX 4090"}, more{"Qwen2.5-32B", "Q8_0", "RTX 4090"};
  const auto slowdown = [](const Asked& asked) {
    const Plan plan = plan_of(asked);
    return plan.decode.value / offload_of(question_of(asked), plan)->decode.value;
  };
  EXPECT_GT(slowdown(less), 1.05);
  EXPECT_GT(slowdown(more), 3);
  EXPECT_FALSE(offload_of(question_of({"Qwen3-8B", "Q4_K_M", "RTX 4090"}),
                          plan_of({"Qwen3-8B", "Q4_K_M", "RTX 4090"})));
}

}  // namespace
}  // namespace ridge::planner
