#include "server/anthropic/messages.h"

#include <gtest/gtest.h>

#include "support/fake_generator.h"
#include "support/wire.h"

namespace ridge::server {
namespace {

Json messages_body(Json more = Json::object()) {
  Json body{{"model", "claude-x"},
            {"max_tokens", 50},
            {"messages", {{{"role", "user"}, {"content", "Hi"}}}}};
  body.update(more);
  return body;
}

FakeScript thinking_call() {
  FakeScript script;
  script.steps = {{.events = {reasoning("hm"), reasoning("!")}},
                  {.events = {content("Yes")}},
                  {.events = {call_begin(0, "look"), arguments(0, "{\"a\":"), arguments(0, "1}"),
                              call_end(0)}}};
  script.end.stats.n_generated = 9;
  return script;
}

TEST(AnthropicMessages, StreamsBlocksBetweenStartAndStop) {
  FakeServer server;
  server.generator.script = thinking_call();
  const auto answer = server.post("/v1/messages", messages_body({{"stream", true}}));
  const char* wanted[] = {
      R"({"type":"message_start","message":{"id":"msg_*","type":"message","role":"assistant","model":"tiny","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":6,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":0}}})",
      R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"!"}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":""}})",
      R"({"type":"content_block_stop","index":0})",
      R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
      R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Yes"}})",
      R"({"type":"content_block_stop","index":1})",
      R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_*","name":"look","input":{}}})",
      R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}})",
      R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1}"}})",
      R"({"type":"content_block_stop","index":2})",
      R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":6,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":9}})",
      R"({"type":"message_stop"})"};
  const auto events = wire_events(answer->stream);
  ASSERT_EQ(events.size(), std::size(wanted)) << answer->stream;
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(scrubbed(events[i].data), Json::parse(wanted[i])) << i;
    EXPECT_EQ(events[i].name, Json::parse(wanted[i])["type"]);
  }
  const auto ping = wire_events(answer->heads.at(0).keep_alive());
  EXPECT_EQ(ping.at(0).name, "ping");
  EXPECT_EQ(answer->n_finished, 1);
}

TEST(AnthropicMessages, AnswersAtOnce) {
  FakeServer server;
  server.generator.script = thinking_call();
  const auto answer = server.post("/v1/messages", messages_body());
  EXPECT_EQ(scrubbed(answer->replies.at(0).body), Json::parse(R"({
    "id": "msg_*", "type": "message", "role": "assistant", "model": "tiny",
    "content": [{"type": "thinking", "thinking": "hm!", "signature": ""}, {"type": "text", "text": "Yes"},
                {"type": "tool_use", "id": "toolu_*", "name": "look", "input": {"a": 1}}],
    "stop_reason": "tool_use", "stop_sequence": null,
    "usage": {"input_tokens": 6, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 9}})"));
}

TEST(AnthropicMessages, SaysWhyItStopped) {
  struct Case {
    AnswerEnd end;
    const char* reason;
    Json sequence;
  };
  const Case cases[] = {{{.finish = FinishReason::kEnd}, "end_turn", nullptr},
                        {{.finish = FinishReason::kLength}, "max_tokens", nullptr},
                        {{.finish = FinishReason::kLength, .context_full = true},
                         "model_context_window_exceeded",
                         nullptr},
                        {{.finish = FinishReason::kStop, .stop = "END"}, "stop_sequence", "END"},
                        {{.finish = FinishReason::kStop, .stop = "\n"}, "stop_sequence", "\n"}};
  for (const Case& c : cases) {
    FakeServer server;
    server.generator.script.end = c.end;
    const auto answer =
        server.post("/v1/messages", messages_body({{"stop_sequences", {"\n", "END"}}}));
    const Json reply = Json::parse(answer->replies.at(0).body);
    EXPECT_EQ(reply["stop_reason"], c.reason);
    EXPECT_EQ(reply["stop_sequence"], c.sequence);
    EXPECT_EQ(server.generator.asked.stops, (std::vector<std::string>{"\n", "END"}));
  }
}

TEST(AnthropicMessages, ACallIsTheReasonEvenWhereAStopStringEndedIt) {
  FakeServer server;
  server.generator.script = thinking_call();
  server.generator.script.end.finish = FinishReason::kStop;
  server.generator.script.end.stop = "END";
  const auto answer = server.post("/v1/messages", messages_body({{"stop_sequences", {"END"}}}));
  const Json reply = Json::parse(answer->replies.at(0).body);
  EXPECT_EQ(reply["stop_reason"], "tool_use");
  EXPECT_EQ(reply["stop_sequence"], nullptr);
}

TEST(AnthropicMessages, ReadsBlocksAsMessages) {
  FakeServer server;
  server.post("/v1/messages", Json::parse(R"({
    "max_tokens": 9, "model": "m",
    "system": [{"type": "text", "text": "x-anthropic-billing-header: cc_version=2; cch=abc12;"},
               {"type": "text", "text": "You are kind.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
      {"role": "user", "content": "a"},
      {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "text", "text": "b"}, {"type": "tool_use", "id": "t1", "name": "f", "input": {"x": 1}}]},
      {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1", "is_error": true,
         "content": [{"type": "text", "text": "no"}, {"type": "image", "source": {}}]},
        {"type": "text", "text": "go on"}]}],
    "tools": [{"name": "f", "input_schema": {"type": "object"}}, {"type": "web_search_20250305", "name": "web_search"}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
    "thinking": {"type": "enabled", "budget_tokens": 1000}})"));
  const AnswerRequest& asked = server.generator.asked;
  const auto& messages = asked.conversation.messages;
  ASSERT_EQ(messages.size(), 5u);
  EXPECT_EQ(messages[0].content, "You are kind.");
  EXPECT_EQ(messages[2].reasoning, "hm");
  EXPECT_EQ(messages[2].calls.at(0).arguments, R"({"x":1})");
  EXPECT_EQ(messages[3].role, "tool");
  EXPECT_EQ(messages[3].call_id, "t1");
  EXPECT_EQ(messages[3].content, "Error: no\n[image omitted: this model reads text only]");
  EXPECT_EQ(messages[4].content, "go on");
  EXPECT_EQ(asked.conversation.tools.size(), 1u);
  EXPECT_EQ(asked.rules.choice, chat::ToolChoice::kRequired);
  EXPECT_EQ(asked.rules.parallel, chat::ParallelCalls::kOneAtMost);
  EXPECT_TRUE(asked.conversation.variables.at(0).second.as_bool());
}

// As Claude Code sends them: the head of the prompt stays as it was when one is found.
TEST(AnthropicMessages, ToolsThatAreSearchedForAreShownWhereTheyAreFound) {
  FakeServer server;
  server.post("/v1/messages", Json::parse(R"({"max_tokens": 9,
    "tools": [{"name": "ToolSearch", "input_schema": {"type": "object"}},
              {"name": "WebFetch", "description": "Fetches.", "defer_loading": true,
               "input_schema": {"type": "object", "properties": {"url": {"type": "string"}}}}],
    "messages": [{"role": "user", "content": "Hi"},
      {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "ToolSearch", "input": {}}]},
      {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [
        {"type": "tool_reference", "tool_name": "WebFetch"},
        {"type": "tool_reference", "tool_name": "Other"}]}]}]})"));
  const AnswerRequest& asked = server.generator.asked;
  ASSERT_EQ(asked.conversation.tools.size(), 1u);
  EXPECT_EQ(asked.conversation.tools[0].name, "ToolSearch");
  ASSERT_EQ(asked.rules.tools.size(), 2u);
  EXPECT_EQ(asked.rules.tools[1].name, "WebFetch");
  EXPECT_EQ(asked.conversation.messages.back().content,
            R"(<function>{"description":"Fetches.","name":"WebFetch","parameters":)"
            R"({"type":"object","properties":{"url":{"type":"string"}}}}</function>)"
            "\nThere is no tool 'Other'.");
}

TEST(AnthropicMessages, RefusesInItsOwnShape) {
  struct Case {
    Json body;
    const char* words;
  };
  const Case cases[] = {
      {messages_body({{"max_tokens", nullptr}}), "max_tokens: it is required"},
      {messages_body({{"messages", Json::array()}}), "messages"},
      {messages_body({{"mcp_servers", {{{"url", "x"}}}}}), "mcp_servers"},
      {messages_body({{"tool_choice", {{"type", "tool"}, {"name", "f"}}}}), "tool_choice"}};
  for (const Case& c : cases) {
    FakeServer server;
    const auto answer = server.post("/v1/messages", c.body);
    EXPECT_EQ(answer->replies.at(0).status, 400);
    const Json reply = Json::parse(answer->replies[0].body);
    EXPECT_EQ(reply["type"], "error");
    EXPECT_EQ(reply["error"]["type"], "invalid_request_error");
    EXPECT_NE(std::string(reply["error"]["message"]).find(c.words), std::string::npos) << reply;
  }
}

TEST(AnthropicMessages, OverflowAndOverloadInWordsThatClientsKnow) {
  FakeServer server;
  server.generator.script.n_prompt = 150;
  auto answer = server.post("/v1/messages", messages_body({{"stream", true}}));
  EXPECT_EQ(answer->replies.at(0).status, 400);
  EXPECT_EQ(Json::parse(answer->replies[0].body)["error"]["message"],
            "prompt is too long: 150 tokens > 100 maximum");
  server.generator.script = {};
  server.generator.script.refuses_start = true;
  answer = server.post("/v1/messages", messages_body());
  EXPECT_EQ(answer->replies.at(0).status, 529);
  EXPECT_EQ(Json::parse(answer->replies[0].body)["error"]["type"], "overloaded_error");
}

TEST(AnthropicMessages, CountsWithoutALength) {
  FakeServer server;
  const auto answer =
      server.post("/v1/messages/count_tokens", messages_body({{"max_tokens", nullptr}}));
  EXPECT_EQ(Json::parse(answer->replies.at(0).body), (Json{{"input_tokens", 3}}));
}

TEST(BillingLine, IsTakenAwayAndNothingElse) {
  EXPECT_EQ(without_billing_line("x-anthropic-billing-header: a=1;"), "");
  EXPECT_EQ(without_billing_line("x-anthropic-billing-header: a=1;\nYou are kind."),
            "You are kind.");
  EXPECT_EQ(without_billing_line("You are kind."), "You are kind.");
}

}  // namespace
}  // namespace ridge::server
