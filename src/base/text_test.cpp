#include <limits>
#include <string>

#include "base/checked.h"
#include "base/quote.h"
#include "base/utf8.h"

namespace ridge {
namespace {

TEST(Checked, GivesNothingInPlaceOfAWrappedValue) {
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(checked_add<uint64_t>(kMax - 1, 1), kMax);
  EXPECT_EQ(checked_add<uint64_t>(kMax, 1), std::nullopt);
  EXPECT_EQ(checked_mul<uint64_t>(kMax / 3, 3), kMax);
  EXPECT_EQ(checked_mul<uint64_t>(uint64_t(1) << 32, uint64_t(1) << 32), std::nullopt);
  EXPECT_EQ(checked_mul<int64_t>(int64_t(1) << 62, 2), std::nullopt);
  EXPECT_EQ(checked_align(0, 32), 0u);
  EXPECT_EQ(checked_align(33, 32), 64u);
  EXPECT_EQ(checked_align(64, 32), 64u);
  EXPECT_EQ(checked_align(kMax, 32), std::nullopt);
}

TEST(Utf8, AcceptsWellFormedText) {
  for (const char* text :
       {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "日本語 🙂"}) {
    EXPECT_EQ(find_invalid_utf8(text), std::nullopt) << text;
  }
}

TEST(Utf8, FindsTheFirstBadByte) {
  struct Case {
    const char* text;
    size_t at;
  };
  const Case cases[] = {
      {"ab\x80", 2},
      {"\xff", 0},
      {"a\xc0\xaf", 1},
      {"\xc1\xbf", 0},
      {"\xe0\x9f\xbf", 0},
      {"\xed\xa0\x80", 0},
      {"\xf0\x8f\xbf\xbf", 0},
      {"\xf4\x90\x80\x80", 0},
      {"\xf5\x80\x80\x80", 0},
      {"a\xe2\x82", 1},
      {"a\xc3", 1},
      {"\xe2\x28\xa1", 0},
      {"é\xf0\x9f\x98", 2},
  };
  for (const Case& c : cases) EXPECT_EQ(find_invalid_utf8(c.text), c.at);
}

TEST(Quote, KeepsReadableTextAndEscapesTheRest) {
  EXPECT_EQ(in_quotes("token_embd.weight"), "'token_embd.weight'");
  EXPECT_EQ(in_quotes("naïve 🙂"), "'naïve 🙂'");
  EXPECT_EQ(in_quotes("\x1b[2J"), "'\\x1b[2J'");
  EXPECT_EQ(in_quotes("a\xff"), "'a\\xff'");
  EXPECT_EQ(in_quotes("\xc2\x9b"), "'\\xc2\\x9b'");  // C1: what a terminal takes for ESC [
  EXPECT_EQ(in_quotes(std::string("a\0b", 3)), "'a\\x00b'");
}

TEST(Quote, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(in_quotes("abcdef", 4), "'abcd…'");
  EXPECT_EQ(in_quotes("abcé", 4), "'abc…'");
  EXPECT_EQ(in_quotes("abcd", 4), "'abcd'");
  EXPECT_EQ(in_quotes("🙂🙂", 5), "'🙂…'");
}

}  // namespace
}  // namespace ridge
