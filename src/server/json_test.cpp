#include "server/json.h"

#include <gtest/gtest.h>

#include "server/problem.h"

namespace ridge::server {
namespace {

std::string nested(int depth) {
  return std::string(size_t(depth), '[') + std::string(size_t(depth), ']');
}

TEST(ParseJson, KeepsTheOrderOfKeysAndTheirValues) {
  const std::string text = R"({"b":1,"a":[true,null,-2,1.5,"é😀"],"c":{"d":{}}})";
  EXPECT_EQ(dump(parse_json(text)), text);
}

TEST(ParseJson, RefusesWhatIsNoJsonOrMoreThanJson) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "not valid JSON"},
      {"{\"a\":1} x", "not valid JSON"},
      {"{\"a\":1,\"a\":2}", "occurs twice"},
      {"1e999", "not valid JSON"},
      {"{\"a\":\"\\ud800\"}", "not valid JSON"},
      {"\"\xff\"", "not valid JSON"},
      {"\"\xc0\xaf\"", "not valid JSON"},
      {"NaN", "not valid JSON"},
      {"[1,]", "not valid JSON"},
      {nested(kMostJsonDepth + 1), "nested deeper"},
      {nested(1000000), "nested deeper"},
  };
  for (const auto& [text, words] : cases) {
    try {
      parse_json(text);
      ADD_FAILURE() << text.substr(0, 40);
    } catch (const RequestError& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos)
          << text.substr(0, 40) << ": " << error.what();
      EXPECT_EQ(error.problem().status, 400);
    }
  }
  EXPECT_NO_THROW(parse_json(nested(kMostJsonDepth)));
}

// A quadratic builder would take minutes here.
TEST(ParseJson, ReadsAnObjectOfManyKeys) {
  std::string text = "{";
  constexpr int kKeys = 200000;
  for (int i = 0; i < kKeys; ++i) text += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  EXPECT_EQ(parse_json(text + "}").size(), size_t(kKeys));
}

TEST(Dump, ReplacesBytesThatAreNoText) {
  EXPECT_EQ(dump(Json("a\xff")), "\"a\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace ridge::server
