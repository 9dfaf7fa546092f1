// What widely read articles say of prices, power and what quantization costs: a test for each
// claim, named after it; the break-even months are in planner/cost_test.cpp. docs/planning.md lists
// them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "planner/cost.h"
#include "planner/prices.h"
#include "planner/test_plans.h"

namespace ridge::planner {
namespace {

const Prices& prices() {
  static const Prices all = parse_prices(builtin_prices());
  return all;
}

const MachinePrice& price_of(const char* machine) {
  const MachinePrice* price =
      prices().find_machine(find_machine(test_catalogues().hardware, machine));
  if (price == nullptr) throw std::logic_error("no price");
  return *price;
}

double power_year(double idle, double load, double duty) {
  return power_month({.watts_idle = idle, .watts_load = load, .duty = duty}) / kDaysAMonth * 365;
}

TEST(ClaimCost, AYearOfPowerIsThatOfAYearAtLoad) {
  EXPECT_NEAR(power_year(143, 143, 1), 188, 0.5);
  EXPECT_NEAR(power_year(420, 420, 1), 552, 0.5);
  EXPECT_NEAR(power_year(1100, 1100, 1), 1445, 1);
  EXPECT_LT(power_year(70, 450, 0.25), 0.4 * power_year(450, 450, 1));  // as it is used
}

TEST(ClaimCost, AMachineUsedAQuarterOfTheTimeHasThisPriceAToken) {
  EXPECT_NEAR(3 * 8760 * 0.25, 6570, 0);
  EXPECT_NEAR(usd_per_million({.usd = 4000, .years = 3, .usd_per_kwh = 0}, 50), 3.38, 0.005);
}

TEST(ClaimCost, A4090PcCosts2800And3500) {
  int n = 0;
  for (const MachinePrice& price : prices().machines) n += price.hardware == "RTX 4090 24GB";
  EXPECT_EQ(n, 1);
  EXPECT_EQ(price_of("RTX 4090").usd, 3500);
  EXPECT_EQ(price_of("RTX 4090").dated.date, "2026-09-15");
}

TEST(ClaimCost, AnRtxPro6000Costs22000AndMakes3Point2ForAThousand) {
  const MachinePrice& price = price_of("RTX PRO 6000");
  EXPECT_EQ(price.usd, 13000);
  const double rate =
      speed_on("RTX PRO 6000").decode(work_of_model("Llama-3.3-70B", "Q4_K_M"), {}).value;
  EXPECT_NEAR(rate / price.usd * 1000, 2.45, 0.35);
}

TEST(ClaimCost, AStrixHaloCostsHalfOfAMac) {
  EXPECT_NEAR(price_of("Strix Halo 128GB").usd / price_of("M5 Max 128GB").usd, 0.68, 0.01);
}

TEST(ClaimCost, ADayCosts15To100) {
  const auto day = [](const Load& load, const ApiPrice& price) {
    return service_month(load, price) / kDaysAMonth;
  };
  EXPECT_NEAR(day({.input = 2e6, .output = 0.5e6}, {.input = 3, .output = 15}), 13.5, 0.01);
  EXPECT_NEAR(day({.input = 5e6, .output = 1e6}, {.input = 15, .output = 75}), 150, 0.01);
}

TEST(ClaimCost, TheMachineCosts4499AndDraws30Watts) {
  const Ownership own{.usd = 5199, .years = 4, .watts_load = 90, .duty = 1.0 / 3};
  const ApiPrice sonnet{.input = 3, .output = 15, .cached = 0.3};
  const struct {
    Load load;
    double months;
  } kCases[] = {{{.input = 2e6, .output = 0.5e6}, 12.9},
                {{.input = 5e6, .output = 1e6}, 5.8},
                {{.input = 25e6, .output = 5e6}, 1.16},
                {{.input = 2e6, .output = 0.5e6, .cached_share = 0.8}, 19.1},
                {{.input = 5e6, .output = 1e6, .cached_share = 0.8}, 9.1},
                {{.input = 25e6, .output = 5e6, .cached_share = 0.8}, 1.8}};
  for (const auto& c : kCases) {
    const auto months = break_even_months(own, service_month(c.load, sonnet));
    ASSERT_TRUE(months.has_value());
    EXPECT_NEAR(*months, c.months, 0.06);
  }
  EXPECT_LT(power_month({.watts_load = 100, .duty = 1.0 / 3}), 4);
}

TEST(ClaimCost, ThePerplexitiesAreLlama2sAndQ2CostsSeventeenPercent) {
  std::map<std::string, std::map<std::string, double>> tables;
  const auto all = nlohmann::json::parse(builtin_quality());
  for (const auto& table : all["quality"]) {
    tables[table["model"]] = table["increase_percent"];
  }
  const auto& llama1 = tables.at("LLaMA-1-7B");  // whose they are
  EXPECT_NEAR(llama1.at("Q2_K"), 100 * 0.8698 / 5.9066, 0.05);
  EXPECT_NEAR(llama1.at("Q3_K_M"), 100 * 0.2437 / 5.9066, 0.05);
  EXPECT_NEAR(llama1.at("Q4_K_M"), 100 * 0.0535 / 5.9066, 0.005);
  EXPECT_EQ(tables.at("Llama-2-7B").at("Q2_K"), 10.8);
  EXPECT_EQ(tables.at("Llama-3-70B").at("Q2_K"), 68.7);  // newer models lose more
}

}  // namespace
}  // namespace ridge::planner
