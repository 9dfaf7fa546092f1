#include "planner/advise.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "planner/test_plans.h"

namespace ridge::planner {
namespace {

TEST(Advise, ChoicesFitTheNeedAndNoneBeatsAnother) {
  const Prices prices = parse_prices(builtin_prices());
  const Quality quality = parse_quality(builtin_quality());
  const CatalogueEntry& model = find_shape(test_catalogues().models, "Qwen3-Coder-30B-A3B");
  const Need need{.budget = 5200, .n_users = 2, .portability = Portability::kMust};
  const Advice advice = advise(test_catalogues(), prices, quality, model, need);
  ASSERT_FALSE(advice.choices.empty());
  EXPECT_LE(advice.choices.size(), 3u);
  for (const Choice& a : advice.choices) {
    EXPECT_LE(a.price.usd, need.budget);
    EXPECT_TRUE(a.price.portable);
    EXPECT_GE(a.decode.value, need.least_decode);
    for (const Choice& b : advice.choices) {
      const bool beaten = b.price.usd < a.price.usd && b.decode.value > a.decode.value &&
                          b.quality_percent < a.quality_percent;
      EXPECT_FALSE(beaten) << b.machine.hardware.name << " beats " << a.machine.hardware.name;
    }
  }
  EXPECT_FALSE(advice.would_change.empty());
  const Need poor{.budget = 100};
  EXPECT_TRUE(advise(test_catalogues(), prices, quality, model, poor).choices.empty());
}

Advice advice_for(Portability portability, const char* model = "Qwen3-Coder-30B-A3B") {
  return advise(test_catalogues(), parse_prices(builtin_prices()), parse_quality(builtin_quality()),
                find_shape(test_catalogues().models, model), {.portability = portability});
}

bool has_portable(const Advice& advice) {
  return std::ranges::any_of(advice.choices, [](const Choice& c) { return c.price.portable; });
}

// A desktop with the same chip costs less, so that nobody who stays at home buys the laptop.
TEST(Advise, NicePutsAPortableMachineBesideThoseThatBeatIt) {
  EXPECT_FALSE(has_portable(advice_for(Portability::kNo)));
  const Advice nice = advice_for(Portability::kNice);
  EXPECT_TRUE(has_portable(nice));
  EXPECT_FALSE(std::ranges::all_of(nice.choices, [](const Choice& c) { return c.price.portable; }));
  for (const Choice& choice : advice_for(Portability::kMust).choices) {
    EXPECT_TRUE(choice.price.portable) << choice.price.hardware;
  }
}

TEST(Advise, ThereAreTwoOrThreeChoicesWhereThereIsAChoice) {
  for (const char* model : {"Llama-3.1-8B", "gpt-oss-20b", "Qwen3-Coder-30B-A3B"}) {
    for (const Portability portability :
         {Portability::kMust, Portability::kNice, Portability::kNo}) {
      const Advice advice = advice_for(portability, model);
      EXPECT_GE(advice.choices.size(), 2u) << model;
      EXPECT_LE(advice.choices.size(), 3u) << model;
      for (const Choice& choice : advice.choices) EXPECT_FALSE(choice.why.empty());
    }
  }
}

TEST(Advise, WhatWouldChangeTheAnswerIsNamedWithItsPrice) {
  const auto mentions = [](const Advice& advice, std::string_view words) {
    return std::ranges::any_of(advice.would_change, [&](const std::string& point) {
      return point.find(words) != std::string::npos && point.find("$") != std::string::npos;
    });
  };
  EXPECT_TRUE(mentions(advice_for(Portability::kNo), "if it must be carried"));
  EXPECT_TRUE(mentions(advice_for(Portability::kMust), "if a desktop does"));
}

}  // namespace
}  // namespace ridge::planner
