#include "base/strcat.h"

#include <gtest/gtest.h>

namespace ridge {

TEST(Strcat, JoinsLiteralsStringsNumbersAndTruthValues) {
  const std::string text = "b";
  EXPECT_EQ(cat("a", text, std::string_view("c"), 'd', 1, -2L, 0.5f, true, false),
            "abcd1-20.5truefalse");
  EXPECT_EQ(cat(), "");
  EXPECT_EQ(cat(uint8_t{7}, int8_t{-7}), "7-7");
}

}  // namespace ridge
