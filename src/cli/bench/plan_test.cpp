#include "cli/bench/plan.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/bench/value_list.h"

namespace ridge::cli {
namespace {

using Numbers = std::vector<int64_t>;
using Words = std::vector<std::string>;

constexpr NumberRange kAny{0, 100000};

TEST(ValueList, TakesListsRangesAndRepeatedOptions) {
  const struct {
    Words words;
    Numbers numbers;
  } cases[] = {
      {{"512"}, {512}},
      {{"512,1024"}, {512, 1024}},
      {{"512", "1,2"}, {512, 1, 2}},
      {{"1-4"}, {1, 2, 3, 4}},
      {{"128-512+128"}, {128, 256, 384, 512}},
      {{"64-1024*4"}, {64, 256, 1024}},
      {{"64-1000*4"}, {64, 256}},
      {{"7-7"}, {7}},
      {{"0,1-3+2,9"}, {0, 1, 3, 9}},
      {{}, {}},
  };
  for (const auto& c : cases) EXPECT_EQ(numbers_of(c.words, "-p", kAny), c.numbers);
}

TEST(ValueList, RefusesWhatIsNoNumberAndNamesTheOption) {
  for (const char* bad :
       {"", "x", "1,", ",1", "-1", "1-", "4-1", "1-4+0", "0-8*2", "1-4*1", "1-2x3", "1 2", "100001",
        "1-100001", "1.5", "99999999999999999999", "1-4+2+2", "0-100000"}) {
    try {
      numbers_of({bad}, "-p", kAny);
      FAIL() << "'" << bad << "' was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_TRUE(std::string(error.what()).starts_with("-p ")) << error.what();
    }
  }
}

TEST(ValueList, PairsAreTwoNumbersAWord) {
  const auto pairs = pairs_of({"512,128", "64,16"}, "-pg", kAny);
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[1].first, 64);
  EXPECT_EQ(pairs[1].second, 16);
  for (const char* bad : {"512", "1,2,3", ""}) EXPECT_THROW(pairs_of({bad}, "-pg", kAny), Error);
}

TEST(Plan, DefaultsAreThoseOfLlamaBench) {
  const BenchPlan plan = plan_bench({.models = {"m.gguf"}});
  ASSERT_EQ(plan.tests.size(), 2u);
  EXPECT_EQ(name_of(plan.tests[0]), "pp512");
  EXPECT_EQ(name_of(plan.tests[1]), "tg128");
  ASSERT_EQ(plan.caches.size(), 1u);
  EXPECT_EQ(plan.caches[0].n_batch, 2048);
  EXPECT_EQ(plan.caches[0].chunk(), 512);
  ASSERT_EQ(plan.models.size(), 1u);
}

TEST(Plan, ListsMultiply) {
  const BenchPlan plan = plan_bench({.models = {"a,b"},
                                     .prompts = {"0,64"},
                                     .generations = {"8"},
                                     .pairs = {"16,4"},
                                     .depths = {"0,32"},
                                     .columns = {"1,2"},
                                     .batches = {"64"},
                                     .ubatches = {"32,128"},
                                     .threads = {"1-2"},
                                     .k_types = {"f16,q8_0"}});
  EXPECT_EQ(plan.models.size(), 4u);
  EXPECT_EQ(plan.caches.size(), 4u);
  EXPECT_EQ(plan.caches[1].chunk(), 64) << "a batch bounds its microbatch";
  Words names;
  for (const BenchTest& test : plan.tests) names.push_back(name_of(test));
  EXPECT_EQ(names, (Words{"pp64", "tg8", "tg8 x2", "pp16+tg4", "pp64 @ d32", "tg8 @ d32",
                          "tg8 @ d32 x2", "pp16+tg4 @ d32"}));
}

TEST(Plan, RefusesWhatCannotBeMeasured) {
  EXPECT_THROW(plan_bench({.models = {"m"}, .prompts = {"0"}, .generations = {"0"}}), Error);
  EXPECT_THROW(plan_bench({}), Error);
  EXPECT_THROW(plan_bench({.models = {"m"}, .k_types = {"q5_0"}}), Error);
  EXPECT_THROW(plan_bench({.models = {"m"}, .columns = {"0"}}), Error);
}

}  // namespace
}  // namespace ridge::cli
