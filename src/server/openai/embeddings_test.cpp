#include "server/openai/embeddings.h"

#include <gtest/gtest.h>

#include "support/fake_generator.h"

namespace ridge::server {
namespace {

constexpr const char* kPath = "/v1/embeddings";

TEST(OpenAiEmbeddings, GivesOneVectorForEachInputInOrder) {
  struct Case {
    const char* input;
    size_t n_vectors;
    int n_tokens;  // one a byte, but for lower-case letters
  };
  const Case cases[] = {
      {R"("ABC")", 1, 3},      {R"(["ABC", "D"])", 2, 4},    {"[1, 2]", 1, 2},
      {"[[1, 2], [3]]", 2, 3}, {R"(["A", [1, 299]])", 2, 3}, {R"(["é"])", 1, 2},
  };
  for (const Case& c : cases) {
    FakeServer server;
    const auto answer = server.post(kPath, {{"input", Json::parse(c.input)}});
    ASSERT_EQ(answer->replies.at(0).status, 200) << c.input << answer->replies[0].body;
    const Json reply = Json::parse(answer->replies[0].body);
    EXPECT_EQ(reply["object"], "list");
    EXPECT_EQ(reply["model"], "tiny");
    ASSERT_EQ(reply["data"].size(), c.n_vectors) << c.input;
    for (size_t i = 0; i < c.n_vectors; ++i) {
      const Json want{{"object", "embedding"}, {"index", i}, {"embedding", {0.6f, 0.8f}}};
      EXPECT_EQ(reply["data"][i], want) << c.input;
    }
    EXPECT_EQ(reply["usage"], (Json{{"prompt_tokens", c.n_tokens}, {"total_tokens", c.n_tokens}}));
  }
}

TEST(OpenAiEmbeddings, InBase64AreLittleEndianFloats) {
  FakeServer server;
  const auto answer =
      server.post(kPath, {{"input", "A"}, {"encoding_format", "base64"}, {"dimensions", 2}});
  const Json reply = Json::parse(answer->replies.at(0).body);
  // 0.6f is 3f19999a and 0.8f is 3f4ccccd.
  EXPECT_EQ(reply["data"][0]["embedding"], "mpkZP83MTD8=");
}

TEST(OpenAiEmbeddings, DropsNothingWithoutAWord) {
  FakeServer server;
  const auto answer = server.post(kPath, {{"input", "A"}, {"user", "u"}, {"wibble", 1}});
  EXPECT_EQ(answer->replies.at(0).headers.at(0).second,
            "without effect here: 'user'; unknown and ignored: 'wibble'");
}

TEST(OpenAiEmbeddings, RefusesNamingTheField) {
  struct Case {
    const char* body;
    const char* param;
  };
  const Case cases[] = {
      {R"({})", "input"},
      {R"({"input": null})", "input"},
      {R"({"input": ""})", "input"},
      {R"({"input": []})", "input"},
      {R"({"input": [""]})", "input"},
      {R"({"input": ["a", ""]})", "input"},
      {R"({"input": [[]]})", "input"},
      {R"({"input": ["a", 1]})", "input"},
      {R"({"input": [1, "a"]})", "input"},
      {R"({"input": {"a": 1}})", "input"},
      {R"({"input": 7})", "input"},
      {R"({"input": [-1]})", "input"},
      {R"({"input": [300]})", "input"},  // the vocabulary has 300
      {R"({"input": [18446744073709551615]})", "input"},
      {R"({"input": "a", "encoding_format": "hex"})", "encoding_format"},
      {R"({"input": "a", "dimensions": 1})", "dimensions"},
      {R"({"input": "a", "dimensions": 0})", "dimensions"},
  };
  for (const Case& c : cases) {
    FakeServer server;
    const auto answer = server.ask("POST", kPath, c.body);
    EXPECT_EQ(answer->replies.at(0).status, 400) << c.body;
    const Json reply = Json::parse(answer->replies[0].body);
    EXPECT_EQ(reply["error"]["param"], c.param) << c.body << reply;
  }
}

TEST(OpenAiEmbeddings, RefusesMoreInputsThanTheApiAllowsAndTextBeyondTheContext) {
  FakeServer server;
  EXPECT_EQ(
      server.post(kPath, {{"input", std::vector<std::string>(2048, "A")}})->replies.at(0).status,
      200);
  EXPECT_EQ(
      server.post(kPath, {{"input", std::vector<std::string>(2049, "A")}})->replies.at(0).status,
      400);
  const auto answer = server.post(kPath, {{"input", {"A", std::string(101, 'A')}}});
  const Json error = Json::parse(answer->replies.at(0).body)["error"];
  EXPECT_EQ(error["code"], "context_length_exceeded");
  EXPECT_EQ(error["n_prompt_tokens"], 101);
  EXPECT_EQ(error["n_ctx"], 100);
}

}  // namespace
}  // namespace ridge::server
