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
  const SpeedModel speed(catalogues.calibration, local_machine(example()).hardware, "ridge");
  const double norms = work.active_bytes() - work.types.at(DType::kQ8_0).bytes;
  EXPECT_LT(norms, 0.01 * work.active_bytes());
  const double matrices = work.types.at(DType::kQ8_0).bytes / 16e9;
  const double positions = 1064 * 23040.0 / 8e9;  // 3 FLOPs a byte would take as long
  const double seconds = matrices + 30 * 20e-6 + positions;
  EXPECT_NEAR(speed.decode(work, {.depth = 1000}).value, 1 / seconds, 0.01 / seconds);
  EXPECT_TRUE(speed.provenance(work).starts_with("calibrated on"));
}

}  // namespace
}  // namespace ridge::planner
