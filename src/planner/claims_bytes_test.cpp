// What widely read articles say of sizes, parameters, bits and caches, and what the tensors say: a
// test for each claim, named after it. docs/planning.md lists them.
#include <gtest/gtest.h>

#include "planner/test_plans.h"

namespace ridge::planner {
namespace {

double file_gb(const char* model, const char* quant) {
  return work_of_model(model, quant).weight_bytes / 1e9;
}

double file_gib(const char* model, const char* quant) {
  return work_of_model(model, quant).weight_bytes / kGiB;
}

double read_gb(const char* model, const char* quant) {
  return work_of_model(model, quant).active_bytes() / 1e9;
}

const MoeFfnSpec& experts_of(const char* model) {
  static std::map<std::string, PlannedModel> models;
  const PlannedModel& planned = models.try_emplace(model, model_of(model, "F16")).first->second;
  for (const LayerSpec& layer : planned.spec.layers) {
    if (const auto* moe = std::get_if<MoeFfnSpec>(&layer.ffn)) return *moe;
    if (const auto* both = std::get_if<DenseAndMoeFfnSpec>(&layer.ffn)) return both->experts;
  }
  throw std::logic_error("a dense model");
}

TEST(ClaimBytes, AnyTokenReadsTheEntireModel) {
  const Work dense = work_of_model("Llama-3.1-8B", "Q4_K_M");
  const Work mixture = work_of_model("Qwen3-Coder", "Q4_K_M");
  EXPECT_GT(dense.active_bytes(), 0.9 * dense.weight_bytes);  // all but the embedding
  EXPECT_LT(dense.active_bytes(), dense.weight_bytes);
  EXPECT_LT(mixture.active_bytes(), 0.11 * mixture.weight_bytes);
}

TEST(ClaimBytes, EightBillionOfQwenCodersThirtyAreActive) {
  const Work coder = work_of_model("Qwen3-Coder", "F16");
  EXPECT_NEAR(double(coder.n_parameters) / 1e9, 30.53, 0.02);
  EXPECT_NEAR(double(coder.active_parameters) / 1e9, 3.04, 0.02);
  EXPECT_EQ(experts_of("Qwen3-Coder").top_k, 8);  // that is what is eight
}

TEST(ClaimBytes, QwenCoderAtQ4Has15Point3Gigabytes) {
  EXPECT_NEAR(file_gib("Qwen3-Coder", "IQ4_XS"), 15.41, 0.02);  // GiB, and of another type
  EXPECT_NEAR(file_gb("Qwen3-Coder", "Q4_K_M"), 18.55, 0.02);
  EXPECT_NEAR(file_gib("Qwen3-Coder", "Q4_0"), 16.11, 0.01);
}

TEST(ClaimBytes, QwenCoderReads5Point2GigabytesAToken) {
  EXPECT_NEAR(read_gb("Qwen3-Coder", "Q4_K_M"), 1.920, 0.004);
  EXPECT_NEAR(read_gb("Qwen3-Coder", "IQ4_XS"), 1.770, 0.004);
  EXPECT_NEAR(read_gb("Qwen3-Coder", "Q8_0"), 3.270, 0.004);
}

TEST(ClaimBytes, DeepSeekReads37GigabytesAToken) {
  EXPECT_NEAR(double(work_of_model("DeepSeek-R1", "F16").active_parameters) / 1e9, 36.6, 0.1);
  EXPECT_NEAR(read_gb("DeepSeek-R1", "Q4_K_M"), 22.3, 0.05);
}

TEST(ClaimBytes, A70BModelAtQ5Has54Gigabytes) {
  EXPECT_NEAR(file_gb("Llama-3.3-70B", "Q5_K_M"), 49.9, 0.1);
  EXPECT_NEAR(file_gib("Llama-3.3-70B", "Q6_K"), 53.91, 0.05);  // that is Q6_K, in GiB
}

TEST(ClaimBytes, Q4KHasFiveBitsOrFourAndAHalf) {
  for (const char* model : {"Llama-2-7B", "Llama-3.3-70B", "Qwen3-30B-A3B"}) {
    EXPECT_GT(bits_per_weight(model, "Q4_K_M"), 4.80) << model;
    EXPECT_LT(bits_per_weight(model, "Q4_K_M"), 4.90) << model;
  }
  EXPECT_NEAR(bits_per_weight("Llama-2-7B", "Q5_K_M"), 5.68, 0.02);
  EXPECT_NEAR(bits_per_weight("Llama-2-7B", "Q6_K"), 6.56, 0.01);
}

TEST(ClaimBytes, Q8HasAByteForAWeight) {
  EXPECT_EQ(row_bytes(DType::kQ8_0, 32), 34);
  EXPECT_NEAR(bits_per_weight("Llama-3.1-8B", "Q8_0"), 8.50, 0.01);
}

TEST(ClaimBytes, Mxfp4HasFourAndAHalfBits) {
  EXPECT_EQ(row_bytes(DType::kMXFP4, 32), 17);
  EXPECT_NEAR(bits_per_weight("gpt-oss-120b", "MXFP4"), 4.34, 0.01);
}

TEST(ClaimBytes, UdQ5HasFivePointTwoBits) {
  EXPECT_NEAR(24.76 * kGiB * 8 / (parameters_in_billions("Qwen3.6-35B-A3B") * 1e9), 6.14, 0.01);
  EXPECT_NEAR(bits_per_weight("Qwen3.6-35B-A3B", "UD-Q5_K_XL"), 6.14, 0.03 * 6.14);
  EXPECT_NEAR(read_gb("Qwen3.6-35B-A3B", "UD-Q5_K_XL"), 2.86, 0.01);
}

TEST(ClaimBytes, A120BModelAtQ4Has76Gigabytes) {
  EXPECT_NEAR(file_gb("gpt-oss-120b", "MXFP4"), 63.4, 0.1);
  const double bytes_a_weight = bits_per_weight("Llama-3.3-70B", "Q4_K_M") / 8;
  EXPECT_NEAR(120 * bytes_a_weight, 72.4, 0.3);  // a dense one
}

TEST(ClaimBytes, KimiAtQ4Has240To380Gigabytes) {
  EXPECT_NEAR(file_gib("Kimi-K2", "Q4_K_M"), 577.9, 1.2);
}

TEST(ClaimBytes, DeepSeekAtFourBitsHas350To400Gigabytes) {
  EXPECT_NEAR(file_gb("DeepSeek-R1", "Q4_K_M"), 404.5, 0.8);
  EXPECT_NEAR(cache_bytes("DeepSeek-R1", 32768, DType::kF16) / 1e9, 2.3, 0.01);  // and its cache
}

TEST(ClaimBytes, SizesOfOneTableAreAllGibibytes) {
  const struct {
    const char *model, *quant;
    double gib;
  } kRight[] = {{"Qwen3-30B-A3B", "Q8_0", 30.25},        {"Qwen3-32B", "Q4_K_M", 18.40},
                {"Gemma-3-27B", "Q4_K_M", 15.40},        {"Gemma-4-26B-A4B", "Q8_0", 25.00},
                {"Qwen3-Next-80B-A3B", "Q4_K_M", 45.15}, {"gpt-oss-120b", "MXFP4", 59.02}};
  for (const auto& r : kRight) {
    EXPECT_NEAR(file_gib(r.model, r.quant), r.gib, 0.002 * r.gib) << r.model;
  }
  // The table had 32.30, 19.87 and 16.20 for the first three: gigabytes.
  EXPECT_NEAR(file_gb("Qwen3-30B-A3B", "Q8_0"), 32.30, 0.2);
  EXPECT_NEAR(file_gb("Qwen3-32B", "Q4_K_M"), 19.87, 0.15);
}

TEST(ClaimBytes, TheWeightsAre24Point76Gigabytes) {
  EXPECT_NEAR(24.76 * kGiB / 1e9, 26.59, 0.01);
  EXPECT_NEAR(file_gb("Qwen3.6-35B-A3B", "UD-Q5_K_XL"), 26.59, 0.03 * 26.59);
}

TEST(ClaimBytes, CountsOfExperts) {
  const struct {
    const char* model;
    int64_t n_experts, top_k;
  } kRight[] = {{"Qwen3.6-35B-A3B", 256, 8},     {"Gemma-4-26B-A4B", 128, 8},
                {"Qwen3-Next-80B-A3B", 512, 10}, {"gpt-oss-120b", 128, 4},
                {"Qwen3-30B-A3B", 128, 8},       {"DeepSeek-V3", 256, 8}};
  for (const auto& r : kRight) {
    EXPECT_EQ(experts_of(r.model).n_experts, r.n_experts) << r.model;
    EXPECT_EQ(experts_of(r.model).top_k, r.top_k) << r.model;
  }
}

TEST(ClaimBytes, ThirteenBillionOfGptOssAreActive) {
  const Work gpt = work_of_model("gpt-oss-120b", "MXFP4");
  EXPECT_NEAR(double(gpt.active_parameters) / 1e9, 5.13, 0.03);
  EXPECT_NEAR(gpt.active_bytes() / 1e9, 3.589, 0.01);
}

TEST(ClaimBytes, A70BModelsCacheAt32kExceeds12Gigabytes) {
  EXPECT_NEAR(cache_bytes("Llama-3.3-70B", 32768, DType::kF16) / 1e9, 10.74, 0.01);
  EXPECT_NEAR(cache_bytes("Llama-3.3-70B", 32768, DType::kQ8_0) / 1e9, 5.70, 0.01);
}

TEST(ClaimBytes, QuantizedCachesAreTwoToFourTimesSmaller) {
  EXPECT_NEAR(64.0 / double(row_bytes(DType::kQ8_0, 32)), 1.88, 0.01);
  EXPECT_NEAR(64.0 / double(row_bytes(DType::kQ4_0, 32)), 3.56, 0.01);
}

TEST(ClaimBytes, FlashAttentionKeepsTheCacheFromGrowing) {
  for (const int64_t n : {4096, 65536}) {
    EXPECT_DOUBLE_EQ(cache_bytes("Llama-3.3-70B", 2 * n, DType::kF16),
                     2 * cache_bytes("Llama-3.3-70B", n, DType::kF16));
  }
}

TEST(ClaimBytes, LongCachesDwarfTheWeights) {
  const double weights = work_of_model("Llama-3.3-70B", "Q4_K_M").weight_bytes;
  EXPECT_LT(cache_bytes("Llama-3.3-70B", 32768, DType::kF16), 0.26 * weights);
  EXPECT_LT(cache_bytes("Llama-3.3-70B", 131072, DType::kF16), 1.02 * weights);
  EXPECT_LT(cache_bytes("Qwen3.6-35B-A3B", 131072, DType::kF16) / 1e9, 2.76);
  // It is true of models whose heads are not grouped.
  EXPECT_GT(cache_bytes("Llama-2-7B", 32768, DType::kF16),
            4 * work_of_model("Llama-2-7B", "Q4_K_M").weight_bytes);
}

TEST(ClaimBytes, SixtyFourLayersOf64HeadsNeed32GigabytesAt128k) {
  // Qwen3-32B has as many layers and eight KV heads of 128; with 64 it would be eight times that.
  const double grouped = cache_bytes("Qwen3-32B", 131072, DType::kF16);
  EXPECT_NEAR(grouped / 1e9, 34.4, 0.05);
  EXPECT_NEAR(8 * grouped / 1e9, 274.9, 0.1);
}

TEST(ClaimBytes, ASlotOf128kCosts4Or8Or16Gigabytes) {
  constexpr double kByItsOwnFormula = 131072.0 * 64 * 8 * 128 * 2;
  EXPECT_NEAR(kByItsOwnFormula / 1e9, 17.18, 0.01);
  const PlannedModel model = model_of("Qwen3.6-35B-A3B", "UD-Q5_K_XL");
  const auto at = [&](DType kv) {
    const RunSetup setup{.context = 131072, .k_dtype = kv, .v_dtype = kv};
    return footprint_of(model, setup);
  };
  EXPECT_NEAR(double(at(DType::kQ8_0).cache()) / 1e9, 1.43, 0.01);
  EXPECT_NEAR(double(at(DType::kF16).cache()) / 1e9, 2.68, 0.02);
  EXPECT_NEAR(cache_bytes("Qwen3.6-35B-A3B", 0, DType::kF16) / 1e6, 65.9, 0.1);  // its state
}

TEST(ClaimBytes, TwoHundredFiftySixThousandCostEightGigabytesMore) {
  const double more = cache_bytes("Qwen3.6-35B-A3B", 262144, DType::kQ8_0) -
                      cache_bytes("Qwen3.6-35B-A3B", 131072, DType::kQ8_0);
  EXPECT_NEAR(more / 1e9, 1.43, 0.01);
}

TEST(ClaimBytes, A128kContextIsTheMostOfQwen) {
  EXPECT_EQ(model_of("Qwen3.6-35B-A3B", "Q4_K_M").spec.context_length, 262144);
}

TEST(ClaimBytes, TwoSlotsShareAContextOf128k) {
  // Theirs gave each half. Here a context is that of one slot, and two take twice the cache.
  const PlannedModel model = model_of("Qwen3.6-35B-A3B", "UD-Q5_K_XL");
  const RunSetup one{.context = 131072}, two{.context = 131072, .n_slots = 2};
  const auto cache_of_one = double(footprint_of(model, one).cache());
  EXPECT_NEAR(double(footprint_of(model, two).cache()), 2 * cache_of_one, 0.001 * cache_of_one);
}

}  // namespace
}  // namespace ridge::planner
