#include "text/stop_matcher.h"

#include <gtest/gtest.h>

namespace ridge::text {
namespace {

struct Case {
  std::vector<std::string> stops;
  std::string given;
  std::string text;
  std::string stop;  // which matched; empty: none
};

// What comes of a text given in two or three pieces, cut at these places.
Case matched(const Case& c, size_t first_cut, size_t second_cut) {
  StopMatcher matcher(c.stops);
  Case got{.stops = c.stops, .given = c.given};
  const std::string_view given = c.given;
  for (const std::string_view piece :
       {given.substr(0, first_cut), given.substr(first_cut, second_cut - first_cut),
        given.substr(second_cut)}) {
    const StopMatcher::Output out = matcher.push(piece);
    got.text += out.text;
    got.stop = out.stop;
    EXPECT_EQ(out.stopped, !out.stop.empty());
    if (out.stopped) return got;
  }
  got.text += matcher.finish();
  return got;
}

TEST(StopMatcher, TextEndsBeforeTheFirstStopHoweverItIsCut) {
  const Case kCases[] = {
      {{"END"}, "abcENDdef", "abc", "END"},
      {{"END"}, "abcENX", "abcENX", ""},
      {{"END"}, "EENDx", "E", "END"},
      {{"aab"}, "aaab", "a", "aab"},
      {{"\n\n"}, "x\ny\n\nz", "x\ny", "\n\n"},
      {{"é"}, "café!", "caf", "é"},
      {{""}, "abc", "abc", ""},
      {{}, "ab", "ab", ""},
      {{"END"}, "abE", "abE", ""},
      // Of several the one that is complete first, and then the longest.
      {{"abcd", "bc"}, "xabcd", "xa", "bc"},
      {{"two", "one"}, "a one two", "a ", "one"},
      {{"ab", "abc"}, "xabc", "x", "ab"},
      {{"c", "bc", "abc"}, "xabc", "x", "abc"},
      {{"bc", "bc"}, "abc", "a", "bc"},
  };
  for (const Case& c : kCases) {
    for (size_t first = 0; first <= c.given.size(); ++first) {
      for (size_t second = first; second <= c.given.size(); ++second) {
        const Case got = matched(c, first, second);
        EXPECT_EQ(got.text, c.text) << c.given << " cut at " << first << ", " << second;
        EXPECT_EQ(got.stop, c.stop) << c.given << " cut at " << first << ", " << second;
      }
    }
  }
}

TEST(StopMatcher, HoldsBackOnlyWhatMayBeginAStop) {
  StopMatcher matcher({"<end>"});
  EXPECT_EQ(matcher.push("abc<e").text, "abc");
  EXPECT_EQ(matcher.push("x").text, "<ex");
}

}  // namespace
}  // namespace ridge::text
