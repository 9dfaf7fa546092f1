#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "cli/options/normalise.h"
#include "cli/options/sampling_options.h"

namespace ridge::cli {
namespace {

using Words = std::vector<std::string>;

TEST(Normalise, SpellsOutOptionsOfSeveralLetters) {
  EXPECT_EQ(normalise({"run", "-ctk", "q8_0", "-ctv=f16", "-c", "8"}),
            (Words{"run", "--cache-type-k", "q8_0", "--cache-type-v=f16", "-c", "8"}));
}

TEST(Normalise, LeavesTextsAndEverythingAfterADoubleDash) {
  const Words texts{"run", "-p", "-ctk", "--stop", "-sys", "-n", "3"};
  EXPECT_EQ(normalise(texts), texts);
  const Words rest{"run", "--", "-ctk", "-p", "-ctv"};
  EXPECT_EQ(normalise(rest), rest);
  const Words text_is_a_double_dash{"-p", "--", "-ctk", "x"};
  EXPECT_EQ(normalise(text_is_a_double_dash), (Words{"-p", "--", "--cache-type-k", "x"}));
}

TEST(LogitBias, ReadsEverySpelling) {
  struct Case {
    const char* text;
    int32_t token;
    float bias;
  };
  for (const Case& c : {Case{"15+1", 15, 1},
                        {"15-2.5", 15, -2.5},
                        {"7=3", 7, 3},
                        {"7:-3", 7, -3},
                        {"0-inf", 0, -INFINITY},
                        {"0+inf", 0, INFINITY}}) {
    const LogitBias bias = parse_logit_bias(c.text);
    EXPECT_EQ(bias.token, c.token) << c.text;
    EXPECT_EQ(bias.bias, c.bias) << c.text;
  }
}

TEST(LogitBias, RefusesWhatIsNone) {
  for (const char* text :
       {"", "15", "15+", "+1", "x+1", "15*2", "15+1x", "15-nan", "99999999999+1"}) {
    EXPECT_THROW(parse_logit_bias(text), Error) << text;
  }
}

}  // namespace
}  // namespace ridge::cli
