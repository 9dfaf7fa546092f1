#include "planner/local.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "planner/plan.h"

namespace ridge::planner {
namespace {

LocalSpeed example() {
  return {.time = "2026-11-22T07:00:00Z",
          .build = "abc",
          .engine = "cpu avx2, 2 threads",
          .machine = "two cores",
          .machine_id = "0123",
          .memory_gb = 25,
          .bandwidth = 20e9,
          .type_rates = {{DType::kQ8_0, 16e9}, {DType::kQ4_K, 10e9}, {DType::kQ6_K, 12e9}},
          .type_flops = {{DType::kQ8_0, 300e9}, {DType::kQ4_K, 250e9}},
          .layer_s = 20e-6,
          .prompt_value_s = 0.1e-9,
          .cache_rate = 8e9,
          .attention_flops = 24e9,
          .prompt_attention_flops = 100e9};
}

TEST(LocalSpeed, IsTheSameAfterItWasKept) {
  const LocalSpeed back = parse_local(local_json(example()));
  EXPECT_EQ(local_json(back), local_json(example()));
  EXPECT_THROW(parse_local("{}"), Error);
  EXPECT_THROW(parse_local(R"({"schema": 1, "time": "x"})"), Error);
}

// By hand: bytes of each type at its rate, 30 layers of 20 us, and the positions' keys and values.
TEST(LocalSpeed, DecodeIsTheSumOfWhatWasMeasured) {
  Catalogues catalogues = builtin_catalogues();
  catalogues.calibration.families.push_back(local_family(example()));
  const PlannedModel model =
      planned_model(find_shape(catalogues.models, "SmolLM2-135M"), quant_from_name("Q8_0"));
  const Work work = work_of(model, DType::kF16, DType::kF16);
  const SpeedModel speed(catalogues.calibration, local_machine(example()).hardware, kHere);
  const double norms = work.active_bytes() - work.types.at(DType::kQ8_0).bytes;
  EXPECT_LT(norms, 0.01 * work.active_bytes());
  const double matrices = work.types.at(DType::kQ8_0).bytes / 16e9;
  const double positions = 1064 * 23040.0 / 8e9;  // 3 FLOPs a byte would take as long
  const double seconds = matrices + 30 * 20e-6 + positions;
  EXPECT_NEAR(speed.decode(work, {.depth = 1000}).value, 1 / seconds, 0.01 / seconds);
  EXPECT_TRUE(
      speed.provenance(work).starts_with("measured here by 'ridge calibrate' on 2026-11-22"));
}

Work work_named(const char* model, const char* quant) {
  const Catalogues catalogues = builtin_catalogues();
  return work_of(planned_model(find_shape(catalogues.models, model), quant_from_name(quant)),
                 DType::kF16, DType::kF16);
}

double decode_seconds(const LocalSpeed& speed, const Work& work) {
  Calibration calibration;
  calibration.families.push_back(local_family(speed));
  const SpeedModel model(calibration, local_machine(speed).hardware, kHere);
  return 1 / model.decode(work, {.tg_tokens = 1}).value;
}

// Models of a machine where products take 1.2 times what they take alone, those of small blocks 0.9
// times, and layers 50 us: others are predicted as if they had been measured.
TEST(LocalSpeed, ThreeModelsTellLayersFromBytes) {
  constexpr double kFactor = 1.2, kOfBlocks = 0.9, kLayer = 50e-6;
  LocalSpeed speed = example();
  const LocalSpeed rates = speed;
  const auto seconds = [&](const Work& work) {
    double total = kLayer * double(work.n_layers);
    for (const auto& [dtype, type] : work.types) {
      const auto rate = rates.type_rates.find(dtype);
      const double factor = info(dtype).block_size < 256 ? kOfBlocks : kFactor;
      total += factor * type.bytes / (rate == rates.type_rates.end() ? 12e9 : rate->second);
    }
    return total;
  };
  const Work small = work_named("Llama-3.2-1B", "Q4_K_M");
  const Work larger = work_named("Llama-3.2-3B", "Q4_K_M");
  const Work in_blocks = work_named("SmolLM2-135M", "Q8_0");
  fit_local({.work = small,
             .depth = 2048,
             .decode = seconds(small),
             .decode_deep = seconds(small) + 5e-3,
             .prompt = 1e-3,
             .prompt_deep = 2e-3},
            {.work = larger, .decode = seconds(larger), .prompt = 8e-3},
            {.work = in_blocks, .decode = seconds(in_blocks)}, speed);
  EXPECT_NEAR(speed.layer_s, kLayer, 0.05 * kLayer);
  EXPECT_NEAR(speed.type_rates.at(DType::kQ4_K), 10e9 / kFactor, 0.01e9);
  for (const char* model : {"Qwen2.5-1.5B", "Llama-3.1-8B", "Phi-4"}) {
    const Work work = work_named(model, "Q4_K_M");
    EXPECT_NEAR(decode_seconds(speed, work), seconds(work), 0.03 * seconds(work)) << model;
  }
  EXPECT_NEAR(speed.type_rates.at(DType::kQ8_0), 16e9 / kOfBlocks, 0.2e9);
  LocalSpeed disturbed = rates;
  EXPECT_THROW(
      fit_local({.work = small, .depth = 2048, .decode = 2, .decode_deep = 1}, {}, {}, disturbed),
      Error);
  LocalSpeed starved = rates;
  starved.type_rates[DType::kQ5_K] = 0.07e9;
  EXPECT_THROW(fit_local({.work = small}, {}, {}, starved), Error);
}

// Likewise prompts, where products take 1.15 times what they take alone and each value that goes
// into or comes out of one 0.2 ns.
TEST(LocalSpeed, TwoModelsTellPromptsProductsFromWhatIsBesideThem) {
  constexpr double kFactor = 1.15, kValue = 0.2e-9;
  LocalSpeed speed = example();
  const LocalSpeed rates = speed;
  const auto seconds = [&](const Work& work, double n_seen) {
    double total = kValue * work.product_values;
    for (const auto& [dtype, type] : work.types) {
      const auto rate = rates.type_flops.find(dtype);
      total += kFactor * type.flops / (rate == rates.type_flops.end() ? 300e9 : rate->second);
    }
    return total + work.attention_flops(n_seen) / rates.prompt_attention_flops;
  };
  const Work small = work_named("SmolLM2-135M", "Q4_K_M");
  const Work larger = work_named("Llama-3.2-1B", "Q4_K_M");
  fit_local({.work = small,
             .depth = 2048,
             .decode = 10e-3,
             .decode_deep = 15e-3,
             .prompt = seconds(small, 256),
             .prompt_deep = seconds(small, 256 + 2048)},
            {.work = larger, .decode = 90e-3, .prompt = seconds(larger, 256)},
            {.work = small, .decode = 10e-3}, speed);
  EXPECT_NEAR(speed.prompt_value_s, kValue, 0.1 * kValue);
  Calibration calibration;
  calibration.families.push_back(local_family(speed));
  const SpeedModel model(calibration, local_machine(speed).hardware, kHere);
  for (const char* other : {"Qwen2.5-1.5B", "Llama-3.1-8B", "Phi-4"}) {
    const Work work = work_named(other, "Q4_K_M");
    const double predicted = 1 / model.prefill(work, {.pp_tokens = 512}).value;
    EXPECT_NEAR(predicted, seconds(work, 256), 0.03 * seconds(work, 256)) << other;
  }
}

// A machine of which nothing is known but how fast it reads: nine tenths of it, and says so.
TEST(LocalSpeed, WithoutACalibrationTheReadLoopIsWhatThereIs) {
  Catalogues catalogues = builtin_catalogues();
  catalogues.calibration.families.push_back(nominal_family());
  const Hardware machine{.name = "two cores",
                         .bandwidth = 20e9,
                         .prefill_flops = 240e9,
                         .source = "memory read at 20 GB/s just now"};
  const SpeedModel speed(catalogues.calibration, machine, kHere);
  const PlannedModel model =
      planned_model(find_shape(catalogues.models, "Llama-3.1-8B"), quant_from_name("Q8_0"));
  const Work work = work_of(model, DType::kF16, DType::kF16);
  const double seconds = work.active_bytes() / (0.9 * 20e9);
  EXPECT_NEAR(speed.decode(work, {.tg_tokens = 1}).value, 1 / seconds, 0.01 / seconds);
  EXPECT_TRUE(
      speed.provenance(work).starts_with("nominal: memory read at 20 GB/s just now, -30 %"));
}

// What was measured of one machine says nothing of another.
TEST(LocalSpeed, OtherMachinesAreNotPlannedByIt) {
  Catalogues catalogues = builtin_catalogues();
  catalogues.calibration.families.push_back(local_family(example()));
  const Machine other = find_machine(catalogues.hardware, "DDR5-5600 x2");
  const Work work =
      work_of(planned_model(find_shape(catalogues.models, "Llama-3.1-8B"), quant_from_name("Q8_0")),
              DType::kF16, DType::kF16);
  const SpeedModel speed(catalogues.calibration, other.hardware, "ridge");
  EXPECT_TRUE(speed.provenance(work).starts_with("nominal")) << speed.provenance(work);
}

}  // namespace
}  // namespace ridge::planner
