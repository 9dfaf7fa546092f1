#include "server/native/native.h"

#include <gtest/gtest.h>

#include "support/fake_generator.h"
#include "support/wire.h"

namespace ridge::server {
namespace {

Json get(FakeServer& server, const std::string& path, int status = 200) {
  const auto answer = server.ask("GET", path, "");
  EXPECT_EQ(answer->replies.at(0).status, status) << path;
  return Json::parse(answer->replies[0].body);
}

Json posted(FakeServer& server, const std::string& path, const Json& body, int status = 200) {
  const auto answer = server.post(path, body);
  EXPECT_EQ(answer->replies.at(0).status, status) << body << answer->replies[0].body;
  return Json::parse(answer->replies[0].body);
}

TEST(Health, SaysWhetherTheEngineCanGenerateAndWhyNot) {
  FakeServer server;
  server.generator.state.n_waiting = 3;
  server.generator.state.running = {{.id = 1}, {.id = 2}};
  EXPECT_EQ(get(server, "/health"),
            (Json{{"status", "ok"}, {"requests_running", 2}, {"requests_waiting", 3}}));
  server.generator.state.seconds_since_step = 119;  // a long step of a large model
  get(server, "/health");
  server.generator.state.seconds_since_step = 121;
  const Json stuck = get(server, "/health", 503)["error"];
  EXPECT_EQ(stuck["message"], "the engine has taken no step for 121 seconds");
  server.generator.state.failure = "the device is gone";
  const Json failed = get(server, "/v1/health", 503)["error"];
  EXPECT_EQ(failed["message"], "the device is gone");
  EXPECT_EQ(failed["code"], "unhealthy");
}

TEST(Slots, ShowWhatRunsNow) {
  FakeServer server;
  EXPECT_EQ(get(server, "/slots"), Json::array());
  server.generator.state.running = {{.id = 7, .n_prompt = 30, .n_read = 20, .n_generated = 4}};
  const Json slots = get(server, "/slots");
  ASSERT_EQ(slots.size(), 1u);
  EXPECT_EQ(slots[0]["n_ctx"], 100);
  EXPECT_EQ(slots[0]["n_prompt_tokens_processed"], 20);
  EXPECT_EQ(slots[0]["n_decoded"], 4);
  EXPECT_EQ(get(server, "/props")["default_generation_settings"]["n_ctx"], 100);
}

// A byte's token has its number; pairs of lower-case letters may have one of their own.
TEST(Tokens, GoThereAndBack) {
  FakeServer server;
  EXPECT_EQ(posted(server, "/tokenize", {{"content", "AB"}})["tokens"], Json::array({65, 66}));
  for (const char* text : {"", "AB aa é 🙂", "<|eos|>", "\n\t"}) {
    const Json tokens = posted(server, "/tokenize", {{"content", text}});
    EXPECT_EQ(posted(server, "/detokenize", tokens)["content"], text);
  }
  const Json special = posted(server, "/tokenize", {{"content", "<|eos|>"}});
  EXPECT_EQ(special["tokens"], Json::array({257}));
  const Json as_text =
      posted(server, "/tokenize", {{"content", "<|eos|>"}, {"parse_special", false}});
  EXPECT_EQ(as_text["tokens"].size(), 7u);
}

TEST(Tokens, ShowAPieceThatIsNoTextAsBytes) {
  FakeServer server;
  const Json tokens =
      posted(server, "/tokenize", {{"content", "Aé"}, {"with_pieces", true}})["tokens"];
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens[0]["piece"], "A");
  EXPECT_EQ(tokens[1]["piece"], Json::array({0xc3}));
  EXPECT_EQ(tokens[2]["piece"], Json::array({0xa9}));
}

TEST(Tokens, RefusesWhatIsNone) {
  FakeServer server;
  for (const char* tokens :
       {"[300]", "[-1]", "[1.5]", R"(["a"])", "{}", "1", "null", "[18446744073709551615]"}) {
    const Json reply = posted(server, "/detokenize", {{"tokens", Json::parse(tokens)}}, 400);
    EXPECT_EQ(reply["error"]["param"], "tokens") << tokens;
  }
  EXPECT_EQ(posted(server, "/tokenize", {{"content", 1}}, 400)["error"]["param"], "content");
}

TEST(ApplyTemplate, RendersAConversation) {
  FakeServer server;
  const Json messages = Json::parse(R"([{"role": "user", "content": "Hi "},
                                        {"role": "assistant", "content": "you"}])");
  EXPECT_EQ(posted(server, "/apply-template", {{"messages", messages}})["prompt"], "Hi you");
  const Json reply = posted(server, "/apply-template", {{"messages", "Hi"}}, 400);
  EXPECT_EQ(reply["error"]["param"], "messages");
}

}  // namespace
}  // namespace ridge::server
