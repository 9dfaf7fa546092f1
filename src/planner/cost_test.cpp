#include "planner/cost.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "planner/data.h"
#include "planner/plan.h"

namespace ridge::planner {
namespace {

const Prices& prices() {
  static const Prices all = parse_prices(builtin_prices());
  return all;
}

// $4,499 over four years at 30 W for a third of the day, against $3 / $15: the table that divided
// the price by twelve first had 1.2, 0.5 and 0.08 months.
TEST(Cost, AMachineIsPaidForByWhatItSaves) {
  const ApiPrice sonnet{.input = 3, .output = 15, .cached = 0.3};
  const Ownership own{.usd = 4499, .years = 4, .watts_load = 30, .duty = 1.0 / 3};
  EXPECT_NEAR(power_month(own), 1.08, 0.001);
  const struct {
    Load load;
    double month, months;
  } kCases[] = {{{.input = 2e6, .output = 0.5e6}, 405, 11.1},
                {{.input = 5e6, .output = 1e6}, 900, 5.0},
                {{.input = 25e6, .output = 5e6}, 4500, 1.0},
                {{.input = 2e6, .output = 0.5e6, .cached_share = 0.8}, 275.4, 16.4},
                {{.input = 5e6, .output = 1e6, .cached_share = 0.8}, 576, 7.8}};
  for (const auto& c : kCases) {
    EXPECT_NEAR(service_month(c.load, sonnet), c.month, 0.1);
    const auto months = break_even_months(own, service_month(c.load, sonnet));
    ASSERT_TRUE(months.has_value());
    EXPECT_NEAR(*months, c.months, 0.06);
  }
  const Load light{.input = 0.5e6, .output = 0.1e6};
  EXPECT_NEAR(service_month(light, sonnet), 90, 0.01);
  EXPECT_FALSE(break_even_months(own, 90).has_value());  // 50.6 months, of 48
}

TEST(Cost, AgainstTheSameModelHostedItNeverPays) {
  const ApiPrice& hosted = prices().find_api("Qwen3.6-35B-A3B hosted, August");
  const Load moderate{.input = 2e6, .output = 0.5e6, .cached_share = 0.8};
  EXPECT_NEAR(service_month(moderate, hosted), 19.08, 0.01);
  EXPECT_FALSE(break_even_months({.usd = 4499, .years = 4}, 19.08).has_value());
}

// Five developers' five million tokens at 82 tokens/s are 16.9 hours: not in eight.
TEST(Cost, LoadsBeyondTheDayAreSeen) {
  const Speeds speeds{.prefill = 1000, .decode = 82};
  const Load team{.input = 25e6, .output = 5e6, .cached_share = 0.8};
  EXPECT_NEAR(busy_hours(team, speeds), 5e6 / 82 / 3600 + 5e6 / 1000 / 3600, 1e-9);
  EXPECT_FALSE(is_feasible(team, speeds));
  EXPECT_TRUE(is_feasible({.input = 2e6, .output = 0.5e6, .cached_share = 0.8}, speeds));
}

// Three years at 25 % duty and 50 tokens/s are 1.18 billion tokens: $4,000 make $3.38 a million.
TEST(Cost, TokensCarryTheirShareOfTheMachine) {
  EXPECT_NEAR(usd_per_million({.usd = 4000, .years = 3, .usd_per_kwh = 0}, 50), 3.38, 0.005);
  const Ownership spark{.usd = 1, .watts_idle = 143, .watts_load = 143, .usd_per_kwh = 0.15};
  EXPECT_NEAR(power_month(spark) / 30 * 365, 188, 0.3);
}

TEST(Prices, EveryOneHasADateAndAKnownMachine) {
  const Catalogues catalogues = builtin_catalogues();
  for (const ApiPrice& price : prices().api) {
    EXPECT_GT(day_number(price.dated.date), day_number("2025-01-01")) << price.model;
    EXPECT_LE(price.cached, price.input) << price.model;
    if (!price.open_model.empty()) {
      EXPECT_NE(find_entry(catalogues.models, price.open_model), nullptr) << price.open_model;
    }
  }
  for (const MachinePrice& price : prices().machines) {
    const Machine machine = find_machine(catalogues.hardware, price.hardware);
    EXPECT_EQ(machine.hardware.name, price.hardware);
    EXPECT_EQ(std::count(machine.hardware.memory_gb.begin(), machine.hardware.memory_gb.end(),
                         price.memory_gb),
              1)
        << price.hardware << " " << price.memory_gb;
  }
  for (const RentPrice& price : prices().rent) {
    EXPECT_EQ(find_machine(catalogues.hardware, price.hardware).hardware.name, price.hardware);
  }
}

TEST(Prices, SixtyDaysMakeAPriceStale) {
  EXPECT_EQ(day_number("1970-01-01"), 0);
  EXPECT_EQ(day_number("2000-03-01") - day_number("2000-02-28"), 2);  // a leap year
  const Dated dated{.date = "2026-09-15"};
  EXPECT_FALSE(is_stale(dated, "2026-11-14"));
  EXPECT_TRUE(is_stale(dated, "2026-11-15"));
  for (const char* bad : {"", "2026-9-15", "2026-13-01", "yesterday!"}) {
    EXPECT_THROW(day_number(bad), Error) << bad;
  }
}

TEST(Prices, UnknownServicesBringTheNearest) {
  try {
    prices().find_api("GPT-5.9");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("GPT-5"), std::string::npos);
  }
}

// Newer models lose more: what is called the floor costs Llama-3-70B 4.8 %, not 0.9.
TEST(Quality, PlansGoByTheGenerationThatLosesMost) {
  const Quality quality = parse_quality(builtin_quality());
  EXPECT_EQ(quality.model, "Llama-3-70B");
  EXPECT_DOUBLE_EQ(quality.of("Q4_K_M"), 4.8);
  EXPECT_DOUBLE_EQ(quality.of("Q2_K"), 68.7);
  EXPECT_EQ(quality.of("F16"), 0);
  EXPECT_EQ(quality.of("Q9_Z"), -1);
  EXPECT_LT(quality.of("Q6_K"), quality.of("Q5_K_M"));
}

}  // namespace
}  // namespace ridge::planner
