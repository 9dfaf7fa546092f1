#include "server/openai/chat.h"

#include <gtest/gtest.h>

#include "support/fake_generator.h"
#include "support/wire.h"

namespace ridge::server {
namespace {

Json chat_body(Json more = Json::object()) {
  Json body{{"model", "gpt-x"}, {"messages", {{{"role", "user"}, {"content", "Hi"}}}}};
  body.update(more);
  return body;
}

Json weather_tool() {
  return {
      {"type", "function"},
      {"function",
       {{"name", "weather"},
        {"description", "Tells it."},
        {"parameters", {{"type", "object"}, {"properties", {{"city", {{"type", "string"}}}}}}}}}};
}

FakeScript call_script() {
  FakeScript script;
  script.steps = {{.events = {reasoning("Let me see.")}},
                  {.events = {content("I ask.")}},
                  {.events = {call_begin(0, "weather"), arguments(0, "{\"city\":")}},
                  {.events = {arguments(0, "\"Bonn\"}"), call_end(0)}}};
  script.end.stats.n_generated = 7;
  script.end.n_reasoning = 3;
  return script;
}

std::vector<Json> chunks(const std::string& stream) {
  std::vector<Json> out;
  for (const WireEvent& event : wire_events(stream)) {
    EXPECT_EQ(event.name, "");
    out.push_back(event.data == "[DONE]" ? Json("[DONE]") : scrubbed(event.data));
  }
  return out;
}

TEST(OpenAiChat, AnswersAtOnce) {
  FakeServer server;
  server.generator.script = call_script();
  const auto answer = server.post("/v1/chat/completions", chat_body({{"tools", {weather_tool()}}}));
  ASSERT_EQ(answer->replies.size(), 1u);
  EXPECT_EQ(answer->replies[0].status, 200);
  EXPECT_EQ(scrubbed(answer->replies[0].body), Json::parse(R"({
    "id": "chatcmpl-*", "object": "chat.completion", "created": 0, "model": "tiny",
    "choices": [{"index": 0,
      "message": {"role": "assistant", "content": "I ask.", "refusal": null,
        "reasoning_content": "Let me see.",
        "tool_calls": [{"id": "call_*", "type": "function",
          "function": {"name": "weather", "arguments": "{\"city\":\"Bonn\"}"}}]},
      "logprobs": null, "finish_reason": "tool_calls"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
      "prompt_tokens_details": {"cached_tokens": 4},
      "completion_tokens_details": {"reasoning_tokens": 3}}})"));
}

TEST(OpenAiChat, StreamsRoleThenDeltasThenReasonThenUsageThenDone) {
  FakeServer server;
  server.generator.script = call_script();
  const auto answer = server.post("/v1/chat/completions",
                                  chat_body({{"tools", {weather_tool()}},
                                             {"stream", true},
                                             {"stream_options", {{"include_usage", true}}}}));
  ASSERT_EQ(answer->heads.size(), 1u);
  EXPECT_EQ(answer->heads[0].content_type, "text/event-stream");
  EXPECT_EQ(answer->heads[0].keep_alive().front(), ':');
  EXPECT_EQ(answer->n_finished, 1);
  const char* deltas[] = {
      R"({"role":"assistant","content":""})",
      R"({"reasoning_content":"Let me see."})",
      R"({"content":"I ask."})",
      R"({"tool_calls":[{"index":0,"id":"call_*","type":"function","function":{"name":"weather","arguments":""}}]})",
      R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]})",
      R"({"tool_calls":[{"index":0,"function":{"arguments":"\"Bonn\"}"}}]})",
      "{}"};
  const auto got = chunks(answer->stream);
  ASSERT_EQ(got.size(), std::size(deltas) + 2);
  for (size_t i = 0; i < std::size(deltas); ++i) {
    const bool last = i + 1 == std::size(deltas);
    const Json want{{"id", "chatcmpl-*"},
                    {"object", "chat.completion.chunk"},
                    {"created", 0},
                    {"model", "tiny"},
                    {"choices",
                     {{{"index", 0},
                       {"delta", Json::parse(deltas[i])},
                       {"logprobs", nullptr},
                       {"finish_reason", last ? Json("tool_calls") : Json()}}}},
                    {"usage", nullptr}};
    EXPECT_EQ(got[i], want) << i;
  }
  EXPECT_EQ(got[std::size(deltas)]["choices"], Json::array());
  EXPECT_EQ(got[std::size(deltas)]["usage"]["total_tokens"], 17);
  EXPECT_EQ(got.back(), "[DONE]");
}

TEST(OpenAiChat, ReportsLogprobsWithTheirBytes) {
  FakeServer server;
  server.generator.script.steps = {
      {.events = {content("é")},
       .tokens = {{.text = "\xc3", .logprob = -1, .top = {{"\xc3", -1}, {"x", -2}}}}}};
  const auto answer =
      server.post("/v1/chat/completions", chat_body({{"logprobs", true}, {"top_logprobs", 1}}));
  const Json reply = Json::parse(answer->replies.at(0).body);
  const Json want = Json::parse(
      R"([{"token":"\ufffd","logprob":-1.0,"bytes":[195],"top_logprobs":[{"token":"\ufffd","logprob":-1.0,"bytes":[195]}]}])");
  EXPECT_EQ(reply["choices"][0]["logprobs"]["content"], want);
  EXPECT_EQ(server.generator.asked.sampling.n_logprobs, 1);
}

TEST(OpenAiChat, EveryChoiceHasItsIndex) {
  FakeServer server;
  server.generator.script.steps = {{.events = {content("a")}}};
  server.generator.script.end = {.finish = FinishReason::kLength};
  const auto answer = server.post("/v1/chat/completions", chat_body({{"n", 2}}));
  const Json reply = Json::parse(answer->replies.at(0).body);
  ASSERT_EQ(reply["choices"].size(), 2u);
  EXPECT_EQ(reply["choices"][1]["index"], 1);
  EXPECT_EQ(reply["choices"][1]["finish_reason"], "length");
}

TEST(OpenAiChat, PassesOnWhatIsAsked) {
  FakeServer server;
  server.post("/v1/chat/completions", Json::parse(R"({
    "messages": [
      {"role": "system", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind."}]},
      {"role": "assistant", "content": null, "reasoning_content": "hm",
       "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{bad"}}]},
      {"role": "tool", "tool_call_id": "c1",
       "content": [{"type": "text", "text": "ok"}, {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}],
    "tools": [{"type": "function", "function": {"name": "f", "strict": true, "parameters": {"type": "object"}}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}}, "parallel_tool_calls": false,
    "temperature": 0.5, "top_p": 0.9, "top_k": 7, "min_p": 0.1, "typical_p": 0.8, "seed": 42,
    "presence_penalty": 1, "frequency_penalty": -1, "repeat_penalty": 1.1, "repeat_last_n": 5,
    "dry_multiplier": 0.8, "dry_sequence_breakers": ["x"], "xtc_probability": 0.5, "mirostat": 2,
    "stop": ["a", ""], "max_tokens": 5, "max_completion_tokens": 6,
    "logit_bias": {"7": -100, "8": 2.5}, "reasoning_effort": "low", "user": "me"})"));
  const AnswerRequest& asked = server.generator.asked;
  const auto& messages = asked.conversation.messages;
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[0].content, "Be kind.");
  EXPECT_EQ(messages[1].reasoning, "hm");
  EXPECT_EQ(messages[1].calls.at(0).arguments, "{bad");
  EXPECT_EQ(messages[2].call_id, "c1");
  EXPECT_EQ(messages[2].content, "ok[image_url omitted: this model reads text only]");
  EXPECT_TRUE(asked.conversation.tools.at(0).strict);
  EXPECT_EQ(asked.rules.choice, chat::ToolChoice::kNamed);
  EXPECT_EQ(asked.rules.named, "f");
  EXPECT_EQ(asked.rules.parallel, chat::ParallelCalls::kOneAtMost);
  EXPECT_FLOAT_EQ(asked.sampling.temperature, 0.5f);
  EXPECT_EQ(asked.sampling.top_k, 7);
  EXPECT_FLOAT_EQ(asked.sampling.repetition_penalty, 1.1f);
  EXPECT_EQ(asked.sampling.penalty_last_n, 5);
  EXPECT_TRUE(asked.sampling.mirostat);
  EXPECT_EQ(asked.seed, 42u);
  EXPECT_EQ(asked.dry_breakers, std::vector<std::string>{"x"});
  EXPECT_EQ(asked.stops, std::vector<std::string>{"a"});
  EXPECT_EQ(asked.max_tokens, 6);
  ASSERT_EQ(asked.sampling.logit_bias.size(), 2u);
  EXPECT_EQ(asked.sampling.logit_bias[0].bias, -std::numeric_limits<float>::infinity());
  EXPECT_FLOAT_EQ(asked.sampling.logit_bias[1].bias, 2.5f);
  ASSERT_EQ(asked.conversation.variables.size(), 1u);
  EXPECT_EQ(asked.conversation.variables[0].first.bytes(), "reasoning_effort");
}

TEST(OpenAiChat, DropsNothingWithoutAWord) {
  FakeServer server;
  const auto answer =
      server.post("/v1/chat/completions", chat_body({{"user", "u"}, {"wibble", 1}}));
  const HttpHeaders& headers = answer->replies.at(0).headers;
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers[0].first, "X-Ridge-Warning");
  EXPECT_EQ(headers[0].second, "without effect here: 'user'; unknown and ignored: 'wibble'");
}

TEST(OpenAiChat, RefusesNamingTheField) {
  struct Case {
    const char* body;
    const char* param;
  };
  const Case cases[] = {
      {R"({"messages": []})", "messages"},
      {R"({})", "messages"},
      {R"([])", "body"},
      {R"({"messages": [{"role": "robot", "content": "x"}]})", "messages[0].role"},
      {R"({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]})",
       "messages[0].content[0]"},
      {R"({"messages": [{"role": "user", "content": 1}]})", "messages[0].content"},
      {R"({"messages": [{"role": "user", "content": "x"}], "temperature": -1})", "temperature"},
      {R"({"messages": [{"role": "user", "content": "x"}], "top_p": "high"})", "top_p"},
      {R"({"messages": [{"role": "user", "content": "x"}], "max_tokens": 0})", "max_tokens"},
      {R"({"messages": [{"role": "user", "content": "x"}], "max_tokens": 1e300})", "max_tokens"},
      {R"({"messages": [{"role": "user", "content": "x"}], "n": 17})", "n"},
      {R"({"messages": [{"role": "user", "content": "x"}], "top_k": -2})", "top_k"},
      {R"({"messages": [{"role": "user", "content": "x"}], "seed": 1.5})", "seed"},
      {R"({"messages": [{"role": "user", "content": "x"}], "mirostat": 1})", "mirostat"},
      {R"({"messages": [{"role": "user", "content": "x"}], "logit_bias": {"x": 1}})", "logit_bias"},
      {R"({"messages": [{"role": "user", "content": "x"}], "logit_bias": {"-1": 1}})",
       "logit_bias"},
      {R"({"messages": [{"role": "user", "content": "x"}], "logit_bias": {"99999999999": 1}})",
       "logit_bias"},
      {R"({"messages": [{"role": "user", "content": "x"}], "audio": {}})", "audio"},
      {R"({"messages": [{"role": "user", "content": "x"}], "functions": []})", "functions"},
      {R"({"messages": [{"role": "user", "content": "x"}], "top_logprobs": 3})", "top_logprobs"},
      {R"({"messages": [{"role": "user", "content": "x"}], "tool_choice": "required"})",
       "tool_choice"},
      {R"({"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "retrieval"}]})",
       "tools[0].type"},
      {R"({"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function", "function": {}}]})",
       "tools[0].function.name"},
      {R"({"messages": [{"role": "user", "content": "x"}], "response_format": {"type": "xml"}})",
       "response_format.type"},
      {R"({"messages": [{"role": "user", "content": "x"}], "response_format": {"type": "json_object"}, "grammar": "root ::= \"a\""})",
       "grammar"},
  };
  for (const Case& c : cases) {
    FakeServer server;
    const auto answer = server.ask("POST", "/v1/chat/completions", c.body);
    ASSERT_EQ(answer->replies.size(), 1u) << c.body;
    EXPECT_EQ(answer->replies[0].status, 400) << c.body;
    const Json reply = Json::parse(answer->replies[0].body);
    EXPECT_EQ(reply["error"]["param"], c.param) << c.body << reply;
    EXPECT_EQ(reply["error"]["type"], "invalid_request_error");
    EXPECT_EQ(server.generator.n_generations(), 0u);
  }
}

TEST(OpenAiChat, TellsOfOverflowInWordsAndNumbers) {
  FakeServer server;
  server.generator.script.n_prompt = 150;
  const auto answer = server.post("/v1/chat/completions", chat_body({{"stream", true}}));
  ASSERT_EQ(answer->replies.size(), 1u);
  EXPECT_EQ(answer->replies[0].status, 400);
  const Json error = Json::parse(answer->replies[0].body)["error"];
  EXPECT_EQ(error["code"], "context_length_exceeded");
  EXPECT_EQ(error["n_prompt_tokens"], 150);
  EXPECT_EQ(error["n_ctx"], 100);
  const std::string message = error["message"];
  for (const char* words : {"maximum context length is 100 tokens", "resulted in 150 tokens",
                            "exceeds the available context size"}) {
    EXPECT_NE(message.find(words), std::string::npos) << message;
  }
}

TEST(OpenAiChat, AFullLineIsA503WithATimeToWait) {
  FakeServer server;
  server.generator.script.refuses_start = true;
  const auto answer = server.post("/v1/chat/completions", chat_body({{"stream", true}}));
  ASSERT_EQ(answer->replies.size(), 1u);
  EXPECT_EQ(answer->replies[0].status, 503);
  EXPECT_EQ(answer->replies[0].headers.at(0).first, "Retry-After");
  EXPECT_TRUE(answer->heads.empty());
}

TEST(OpenAiChat, AFailureAfterTheFirstByteIsAnEvent) {
  FakeServer server;
  server.generator.script.steps = {{.events = {content("a")}}};
  server.generator.script.failure = "the device is gone";
  const auto answer = server.post("/v1/chat/completions", chat_body({{"stream", true}}));
  const auto got = chunks(answer->stream);
  ASSERT_EQ(got.size(), 4u);
  EXPECT_EQ(got[2]["error"]["message"], "the device is gone");
  EXPECT_EQ(got[2]["error"]["type"], "server_error");
  EXPECT_EQ(answer->n_finished, 1);
  EXPECT_NE(server.log.find("failed: 'the device is gone'"), std::string::npos) << server.log;
}

TEST(OpenAiChat, LeavingCancels) {
  FakeServer server;
  server.generator.script.waits = true;
  const auto answer = server.post("/v1/chat/completions", chat_body({{"stream", true}}));
  ASSERT_TRUE(answer->gone);
  EXPECT_FALSE(server.generator.generation(0)->cancelled);
  answer->gone();
  EXPECT_TRUE(server.generator.generation(0)->cancelled);
}

TEST(RequestLog, SaysNothingOfWhatWasSaid) {
  FakeServer server;
  server.generator.script.steps = {{.events = {content("SECRET ANSWER")}}};
  server.post("/v1/chat/completions", {{"messages", {{{"role", "user"}, {"content", "SECRET"}}}}});
  EXPECT_EQ(server.log.find("SECRET"), std::string::npos) << server.log;
  EXPECT_NE(server.log.find("10 tokens of prompt (4 reused)"), std::string::npos) << server.log;
}

}  // namespace
}  // namespace ridge::server
