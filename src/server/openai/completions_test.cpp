#include "server/openai/completions.h"

#include <gtest/gtest.h>

#include "support/fake_generator.h"
#include "support/wire.h"

namespace ridge::server {
namespace {

constexpr const char* kPath = "/v1/completions";

FakeScript two_words() {
  FakeScript script;
  script.steps = {{.events = {content("é")}, .tokens = {{.text = "é", .logprob = -0.5}}},
                  {.events = {content(" b")},
                   .tokens = {{.text = " b", .logprob = -2, .top = {{" b", -2}, {" c", -3}}}}}};
  script.end = {.finish = FinishReason::kLength};
  script.end.stats.n_generated = 2;
  return script;
}

std::vector<Json> chunks(const std::string& stream) {
  std::vector<Json> out;
  for (const WireEvent& event : wire_events(stream)) {
    out.push_back(event.data == "[DONE]" ? Json("[DONE]") : scrubbed(event.data));
  }
  return out;
}

TEST(OpenAiCompletions, AnswersAtOnce) {
  FakeServer server;
  server.generator.script = two_words();
  const auto answer = server.post(kPath, {{"prompt", "a"}});
  ASSERT_EQ(answer->replies.size(), 1u);
  EXPECT_EQ(scrubbed(answer->replies[0].body), Json::parse(R"({
    "id": "cmpl-*", "object": "text_completion", "created": 0, "model": "tiny",
    "choices": [{"index": 0, "text": "é b", "logprobs": null, "finish_reason": "length"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12,
      "prompt_tokens_details": {"cached_tokens": 4},
      "completion_tokens_details": {"reasoning_tokens": 0}}})"));
  EXPECT_EQ(server.generator.asked.input, AnswerRequest::Input::kText);
  EXPECT_EQ(server.generator.asked.max_tokens, 16);  // as the API documents it
  EXPECT_FLOAT_EQ(server.generator.asked.sampling.temperature, 1);
}

TEST(OpenAiCompletions, StreamsTextThenReasonThenUsageThenDone) {
  FakeServer server;
  server.generator.script = two_words();
  const auto answer = server.post(
      kPath, {{"prompt", "a"}, {"stream", true}, {"stream_options", {{"include_usage", true}}}});
  ASSERT_EQ(answer->heads.size(), 1u);
  EXPECT_EQ(answer->heads[0].content_type, "text/event-stream");
  EXPECT_EQ(answer->heads[0].keep_alive().front(), ':');
  EXPECT_EQ(answer->n_finished, 1);
  const auto got = chunks(answer->stream);
  ASSERT_EQ(got.size(), 5u);
  const char* texts[] = {"é", " b", ""};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(got[i]["object"], "text_completion");
    EXPECT_EQ(got[i]["choices"][0]["text"], texts[i]);
    EXPECT_EQ(got[i]["choices"][0]["finish_reason"], i < 2 ? Json() : Json("length"));
  }
  EXPECT_EQ(got[3]["choices"], Json::array());
  EXPECT_EQ(got[3]["usage"]["total_tokens"], 12);
  EXPECT_EQ(got[4], "[DONE]");
}

// Offsets count characters of the answer, in a stream as without one.
TEST(OpenAiCompletions, ReportsLogprobsAsFourLists) {
  FakeServer server;
  server.generator.script = two_words();
  const auto whole = server.post(kPath, {{"prompt", "a"}, {"logprobs", 1}});
  EXPECT_EQ(Json::parse(whole->replies.at(0).body)["choices"][0]["logprobs"], Json::parse(R"({
    "tokens": ["é", " b"], "token_logprobs": [-0.5, -2.0],
    "top_logprobs": [{}, {" b": -2.0}], "text_offset": [0, 1]})"));
  EXPECT_EQ(server.generator.asked.sampling.n_logprobs, 1);
  const auto streamed = server.post(kPath, {{"prompt", "a"}, {"logprobs", 0}, {"stream", true}});
  const auto got = chunks(streamed->stream);
  EXPECT_EQ(got.at(0)["choices"][0]["logprobs"]["text_offset"], Json::parse("[0]"));
  EXPECT_EQ(got.at(1)["choices"][0]["logprobs"]["text_offset"], Json::parse("[1]"));
  EXPECT_EQ(got.at(1)["choices"][0]["logprobs"]["top_logprobs"], Json::parse("[{}]"));
  EXPECT_EQ(server.generator.asked.sampling.n_logprobs, 1);
}

TEST(OpenAiCompletions, EchoPutsThePromptBeforeEveryChoice) {
  FakeServer server;
  server.generator.script = two_words();
  const Json body{{"prompt", {"Say: "}}, {"echo", true}, {"n", 2}};
  const Json whole = Json::parse(server.post(kPath, body)->replies.at(0).body);
  ASSERT_EQ(whole["choices"].size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(whole["choices"][i]["index"], i);
    EXPECT_EQ(whole["choices"][i]["text"], "Say: é b");
  }
  EXPECT_EQ(whole["usage"]["completion_tokens"], 4);
  Json streaming = body;
  streaming["stream"] = true;
  std::string texts[2];
  for (const Json& chunk : chunks(server.post(kPath, streaming)->stream)) {
    if (!chunk.is_object()) continue;
    const Json& choice = chunk["choices"][0];
    texts[choice["index"].get<size_t>()] += choice["text"].get<std::string>();
  }
  EXPECT_EQ(texts[0], "Say: é b");
  EXPECT_EQ(texts[1], "Say: é b");
}

TEST(OpenAiCompletions, TakesTextTokensOrAGap) {
  struct Case {
    const char* body;
    AnswerRequest::Input input;
    std::string text, suffix;
    std::vector<text::Token> tokens;
  };
  using enum AnswerRequest::Input;
  const Case cases[] = {
      {R"({"prompt": "a"})", kText, "a", "", {}},
      {R"({"prompt": ""})", kText, "", "", {}},
      {R"({"prompt": ["a"]})", kText, "a", "", {}},
      {R"({"prompt": [7]})", kTokens, "", "", {7}},
      {R"({"prompt": [1, 2, 3]})", kTokens, "", "", {1, 2, 3}},
      {R"({"prompt": [[1, 2, 3]]})", kTokens, "", "", {1, 2, 3}},
      {R"({"prompt": "a", "suffix": "b"})", kFillIn, "a", "b", {}},
      {R"({"prompt": "", "suffix": "b"})", kFillIn, "", "b", {}},
      {R"({"prompt": "a", "suffix": ""})", kText, "a", "", {}},
      {R"({"prompt": "a", "suffix": null})", kText, "a", "", {}},
  };
  for (const Case& c : cases) {
    FakeServer server;
    const auto answer = server.ask("POST", kPath, c.body);
    EXPECT_EQ(answer->replies.at(0).status, 200) << c.body << answer->replies[0].body;
    const AnswerRequest& asked = server.generator.asked;
    EXPECT_EQ(asked.input, c.input) << c.body;
    EXPECT_EQ(asked.text, c.text) << c.body;
    EXPECT_EQ(asked.suffix, c.suffix) << c.body;
    EXPECT_EQ(asked.tokens, c.tokens) << c.body;
  }
}

TEST(OpenAiCompletions, PassesOnWhatIsAsked) {
  FakeServer server;
  const auto answer = server.ask("POST", kPath, R"({"prompt": "a", "max_tokens": 5, "n": 3,
    "best_of": 3, "stop": ["x", "", "y"], "temperature": 0, "top_k": 4, "seed": 9, "min_p": 0.5,
    "json_schema": {"type": "object"}, "user": "me", "wibble": 1,
    "stream_options": {"include_obfuscation": true, "wobble": 2}})");
  const AnswerRequest& asked = server.generator.asked;
  EXPECT_EQ(asked.max_tokens, 5);
  EXPECT_EQ(asked.n_choices, 3);
  EXPECT_EQ(asked.stops, (std::vector<std::string>{"x", "y"}));
  EXPECT_FLOAT_EQ(asked.sampling.temperature, 0);
  EXPECT_EQ(asked.sampling.top_k, 4);
  EXPECT_EQ(asked.seed, 9u);
  ASSERT_TRUE(asked.rules.format.has_value());
  EXPECT_EQ(std::get<grammar::JsonSchema>(*asked.rules.format).schema, R"({"type":"object"})");
  const HttpHeaders& headers = answer->replies.at(0).headers;
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers[0].second,
            "without effect here: 'stream_options.include_obfuscation'; unknown and ignored: "
            "'stream_options.wobble'; without effect here: 'user'; unknown and ignored: 'wibble'");
}

TEST(OpenAiCompletions, RefusesNamingTheField) {
  struct Case {
    const char* body;
    const char* param;
  };
  const Case cases[] = {
      {R"({})", "prompt"},
      {R"({"prompt": null})", "prompt"},
      {R"({"prompt": []})", "prompt"},
      {R"({"prompt": {}})", "prompt"},
      {R"({"prompt": 7})", "prompt"},
      {R"({"prompt": ["a", "b"]})", "prompt"},
      {R"({"prompt": [[1], [2]]})", "prompt"},
      {R"({"prompt": [1, "a"]})", "prompt"},
      {R"({"prompt": [[]]})", "prompt"},
      {R"({"prompt": [-1]})", "prompt"},
      {R"({"prompt": [2147483648]})", "prompt"},
      {R"({"prompt": [18446744073709551615]})", "prompt"},
      {R"({"prompt": [1.5]})", "prompt"},
      {R"({"prompt": "a", "max_tokens": 0})", "max_tokens"},
      {R"({"prompt": "a", "max_tokens": -2})", "max_tokens"},
      {R"({"prompt": "a", "n": 0})", "n"},
      {R"({"prompt": "a", "best_of": 2})", "best_of"},
      {R"({"prompt": "a", "logprobs": 21})", "logprobs"},
      {R"({"prompt": "a", "logprobs": true})", "logprobs"},
      {R"({"prompt": "a", "stop": [1]})", "stop"},
      {R"({"prompt": [1], "echo": true})", "echo"},
      {R"({"prompt": "a", "suffix": "b", "echo": true})", "echo"},
      {R"({"prompt": "a", "logprobs": 1, "echo": true})", "echo"},
      {R"({"prompt": [1], "suffix": "b"})", "suffix"},
      {R"({"prompt": "a", "suffix": 1})", "suffix"},
      {R"({"prompt": "a", "grammar": "root ::= \"a\"", "json_schema": {}})", "grammar"},
      {R"({"prompt": "a", "response_format": {"type": "json_object"}, "json_schema": {}})",
       "grammar"},
      {R"({"prompt": "a", "stream_options": {"include_usage": 1}})",
       "stream_options.include_usage"},
      {R"({"prompt": "a", "temperature": "hot"})", "temperature"},
  };
  for (const Case& c : cases) {
    FakeServer server;
    const auto answer = server.ask("POST", kPath, c.body);
    ASSERT_EQ(answer->replies.size(), 1u) << c.body;
    EXPECT_EQ(answer->replies[0].status, 400) << c.body;
    const Json reply = Json::parse(answer->replies[0].body);
    EXPECT_EQ(reply["error"]["param"], c.param) << c.body << reply;
    EXPECT_EQ(server.generator.n_generations(), 0u);
  }
}

TEST(OpenAiCompletions, AFailureIsOneAnswerHoweverManyChoicesFail) {
  FakeServer server;
  server.generator.script = two_words();
  server.generator.script.failure = "the device is gone";
  const auto whole = server.post(kPath, {{"prompt", "a"}, {"n", 3}});
  ASSERT_EQ(whole->replies.size(), 1u);
  EXPECT_EQ(whole->replies[0].status, 500);
  EXPECT_EQ(Json::parse(whole->replies[0].body)["error"]["type"], "server_error");
  const auto streamed = server.post(kPath, {{"prompt", "a"}, {"n", 3}, {"stream", true}});
  const auto got = chunks(streamed->stream);
  ASSERT_EQ(got.size(), 4u);
  EXPECT_EQ(got[2]["error"]["message"], "the device is gone");
  EXPECT_EQ(got[3], "[DONE]");
  EXPECT_EQ(streamed->n_finished, 1);
}

TEST(OpenAiCompletions, TellsOfOverflowWithBothNumbers) {
  FakeServer server;
  server.generator.script.n_prompt = 150;
  const auto answer = server.post(kPath, {{"prompt", "a"}, {"stream", true}});
  EXPECT_EQ(answer->replies.at(0).status, 400);
  const Json error = Json::parse(answer->replies[0].body)["error"];
  EXPECT_EQ(error["code"], "context_length_exceeded");
  EXPECT_EQ(error["n_prompt_tokens"], 150);
  EXPECT_EQ(error["n_ctx"], 100);
}

}  // namespace
}  // namespace ridge::server
