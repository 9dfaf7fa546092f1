#include "planner/changes.h"

#include <gtest/gtest.h>

#include "planner/test_plans.h"

namespace ridge::planner {
namespace {

TEST(Changes, TheCheapestSetThatFitsIsFound) {
  const Quality quality = parse_quality(builtin_quality());
  const CatalogueEntry& entry = find_shape(test_catalogues().models, "Llama-3.3-70B");
  PlanQuestion question{.machine = find_machine(test_catalogues().hardware, "M4 Max 64GB")};
  question.setup = {.context = 32768};
  const PlannedModel model = model_of("Llama-3.3-70B", "Q5_K_M");
  const auto changes = cheapest_changes(quality, model, &entry, question);
  ASSERT_TRUE(changes.has_value());
  EXPECT_LE(footprint_of(changes->model, changes->question.setup).total(),
            limit_of(question).bytes);
  EXPECT_EQ(changes->model.quant, "Q5_K_M");  // half the context costs less than Q4_K_M
  EXPECT_EQ(changes->question.setup.context, 16384);
  question.machine = find_machine(test_catalogues().hardware, "RTX 3060");
  EXPECT_FALSE(cheapest_changes(quality, model, nullptr, question).has_value());
}

}  // namespace
}  // namespace ridge::planner
