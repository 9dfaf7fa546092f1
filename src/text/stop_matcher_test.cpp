#include "text/stop_matcher.h"

#include <gtest/gtest.h>

namespace ridge::text {
namespace {

struct Case {
  std::vector<std::string> stops;
  std::vector<std::string> pieces;
  std::string text;
  bool stopped;
};

TEST(StopMatcher, TextEndsBeforeTheFirstStopHoweverItIsCut) {
  const Case kCases[] = {
      {{"END"}, {"abc", "END", "def"}, "abc", true},
      {{"END"}, {"abcE", "N", "Ddef"}, "abc", true},
      {{"END"}, {"abcE", "NX"}, "abcENX", false},
      {{"END"}, {"EEN", "D"}, "E", true},
      {{"aab"}, {"aa", "a", "b"}, "a", true},
      {{"abcd", "bc"}, {"a", "b", "c"}, "a", true},
      {{"\n\n"}, {"x\n", "y\n", "\nz"}, "x\ny", true},
      {{"é"}, {"caf", "\xc3", "\xa9!"}, "caf", true},
      {{""}, {"abc"}, "abc", false},
      {{}, {"a", "b"}, "ab", false},
      {{"END"}, {"abE"}, "abE", false},
  };
  for (const Case& c : kCases) {
    StopMatcher matcher(c.stops);
    std::string text;
    bool stopped = false;
    for (const std::string& piece : c.pieces) {
      if (stopped) break;
      const StopMatcher::Output out = matcher.push(piece);
      text += out.text;
      stopped = out.stopped;
    }
    if (!stopped) text += matcher.finish();
    EXPECT_EQ(text, c.text);
    EXPECT_EQ(stopped, c.stopped) << c.text;
  }
}

TEST(StopMatcher, HoldsBackOnlyWhatMayBeginAStop) {
  StopMatcher matcher({"<end>"});
  EXPECT_EQ(matcher.push("abc<e").text, "abc");
  EXPECT_EQ(matcher.push("x").text, "<ex");
}

}  // namespace
}  // namespace ridge::text
