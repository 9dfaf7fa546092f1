#include "server/openai/responses.h"

#include <gtest/gtest.h>

#include "support/fake_generator.h"
#include "support/wire.h"

namespace ridge::server {
namespace {

std::vector<std::string> names_of(const std::vector<WireEvent>& events) {
  std::vector<std::string> names;
  for (const WireEvent& event : events) names.push_back(event.name);
  return names;
}

const Json kTools = Json::parse(R"([
  {"type": "function", "name": "look", "parameters": {"type": "object"}},
  {"type": "custom", "name": "patch", "description": "Patches.", "format": {"type": "grammar", "syntax": "lark", "definition": "start: ANY"}},
  {"type": "namespace", "name": "mcp", "tools": [{"type": "function", "name": "far"}]},
  {"type": "web_search"}, {"type": "local_shell"}])");

FakeScript agent_script() {
  FakeScript script;
  script.steps = {
      {.events = {reasoning("hm"), content("Yes"), content("!")}},
      {.events = {call_begin(0, "look"), arguments(0, "{\"a\":"), arguments(0, "1}"), call_end(0)}},
      {.events = {call_begin(1, "patch", "c9"), arguments(1, "{\"input\":\"*** x\"}"),
                  call_end(1)}},
      {.events = {call_begin(2, "far"), call_end(2)}}};
  script.end.stats.n_generated = 9;
  script.end.n_reasoning = 2;
  return script;
}

TEST(OpenAiResponses, StreamsEveryEventInOrderWithRisingNumbers) {
  FakeServer server;
  server.generator.script = agent_script();
  const auto answer =
      server.post("/v1/responses", {{"input", "Go"}, {"tools", kTools}, {"stream", true}});
  const auto events = wire_events(answer->stream);
  EXPECT_EQ(names_of(events), (std::vector<std::string>{"response.created",
                                                        "response.in_progress",
                                                        "response.output_item.added",
                                                        "response.content_part.added",
                                                        "response.reasoning_text.delta",
                                                        "response.reasoning_text.done",
                                                        "response.content_part.done",
                                                        "response.output_item.done",
                                                        "response.output_item.added",
                                                        "response.content_part.added",
                                                        "response.output_text.delta",
                                                        "response.output_text.delta",
                                                        "response.output_text.done",
                                                        "response.content_part.done",
                                                        "response.output_item.done",
                                                        "response.output_item.added",
                                                        "response.function_call_arguments.delta",
                                                        "response.function_call_arguments.delta",
                                                        "response.function_call_arguments.done",
                                                        "response.output_item.done",
                                                        "response.output_item.added",
                                                        "response.custom_tool_call_input.delta",
                                                        "response.custom_tool_call_input.done",
                                                        "response.output_item.done",
                                                        "response.output_item.added",
                                                        "response.function_call_arguments.done",
                                                        "response.output_item.done",
                                                        "response.completed"}));
  for (size_t i = 0; i < events.size(); ++i) {
    const Json data = Json::parse(events[i].data);
    EXPECT_EQ(data["type"], events[i].name);
    EXPECT_EQ(data["sequence_number"], i);
  }
  const Json done = scrubbed(events.back().data)["response"];
  EXPECT_EQ(done["status"], "completed");
  EXPECT_EQ(done["output"], Json::parse(R"([
    {"type": "reasoning", "id": "rs_*", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}],
     "encrypted_content": "ridge1:aG0="},
    {"type": "message", "id": "msg_*", "status": "completed", "role": "assistant",
     "content": [{"type": "output_text", "text": "Yes!", "annotations": [], "logprobs": []}]},
    {"type": "function_call", "id": "fc_*", "status": "completed", "call_id": "call_*", "name": "look", "arguments": "{\"a\":1}"},
    {"type": "custom_tool_call", "id": "ctc_*", "status": "completed", "call_id": "c9", "name": "patch", "input": "*** x"},
    {"type": "function_call", "id": "fc_*", "status": "completed", "call_id": "call_*", "name": "far", "namespace": "mcp", "arguments": ""}])"));
  EXPECT_EQ(done["usage"], Json::parse(R"({"input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0}, "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 19})"));
  // The whole item, from which clients build the conversation.
  EXPECT_EQ(scrubbed(events[14].data)["item"], done["output"][1]);
}

TEST(OpenAiResponses, KeepsAStreamAliveWithEvents) {
  FakeServer server;
  server.generator.script.waits = true;
  const auto answer = server.post("/v1/responses", {{"input", "Go"}, {"stream", true}});
  const auto ping = wire_events(answer->heads.at(0).keep_alive());
  ASSERT_EQ(ping.size(), 1u);
  EXPECT_EQ(ping[0].name, "response.in_progress");
  EXPECT_EQ(Json::parse(ping[0].data)["sequence_number"], 2);
}

TEST(OpenAiResponses, GivesBackTheSameWithoutAStream) {
  FakeServer server;
  server.generator.script = agent_script();
  server.generator.script.end.finish = FinishReason::kLength;
  const auto answer = server.post("/v1/responses", {{"input", "Go"}, {"tools", kTools}});
  const Json reply = scrubbed(answer->replies.at(0).body);
  EXPECT_EQ(reply["object"], "response");
  EXPECT_EQ(reply["status"], "incomplete");
  EXPECT_EQ(reply["incomplete_details"]["reason"], "max_output_tokens");
  EXPECT_EQ(reply["output"].size(), 5u);
}

TEST(OpenAiResponses, ItemsOfOneTurnAreOneMessage) {
  FakeServer server;
  server.post("/v1/responses", Json::parse(R"({
    "instructions": "Be kind.", "tools": [],
    "input": [
      {"role": "user", "content": [{"type": "input_text", "text": "a"}]},
      {"type": "reasoning", "summary": [], "content": null, "encrypted_content": "ridge1:aG0="},
      {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
      {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
      {"type": "custom_tool_call", "call_id": "2", "name": "patch", "input": "x\"y"},
      {"type": "function_call_output", "call_id": "1", "output": [{"type": "input_text", "text": "r"}, {"type": "input_image"}]},
      {"type": "custom_tool_call_output", "call_id": "2", "output": "s"},
      {"type": "web_search_call", "id": "w"}]})"));
  const auto& messages = server.generator.asked.conversation.messages;
  ASSERT_EQ(messages.size(), 5u);
  EXPECT_EQ(messages[0].role, "system");
  EXPECT_EQ(messages[2].role, "assistant");
  EXPECT_EQ(messages[2].reasoning, "hm");
  EXPECT_EQ(messages[2].content, "b");
  ASSERT_EQ(messages[2].calls.size(), 2u);
  EXPECT_EQ(messages[2].calls[1].arguments, R"({"input":"x\"y"})");
  EXPECT_EQ(messages[3].content, "r[input_image omitted: this model reads text only]");
  EXPECT_EQ(messages[4].call_id, "2");
}

TEST(OpenAiResponses, AnEmptyInputIsAQuestionWhetherTheModelIsThere) {
  FakeServer server;
  for (const Json& input : {Json(""), Json::array(), Json()}) {
    const auto answer = server.post("/v1/responses", {{"input", input}, {"max_output_tokens", 1}});
    EXPECT_EQ(answer->replies.at(0).status, 200);
  }
}

TEST(OpenAiResponses, RefusesWhatNeedsMemory) {
  FakeServer server;
  for (const char* field : {"previous_response_id", "conversation", "prompt"}) {
    const auto answer = server.post("/v1/responses", {{"input", "x"}, {field, "y"}});
    EXPECT_EQ(answer->replies.at(0).status, 400);
    EXPECT_EQ(Json::parse(answer->replies[0].body)["error"]["param"], field);
  }
}

TEST(OpenAiResponses, OverflowInAStreamIsAFailedResponse) {
  FakeServer server;
  server.generator.script.n_prompt = 150;
  const auto answer = server.post("/v1/responses", {{"input", "x"}, {"stream", true}});
  const auto events = wire_events(answer->stream);
  EXPECT_EQ(names_of(events), (std::vector<std::string>{"response.created", "response.in_progress",
                                                        "response.failed"}));
  const Json response = Json::parse(events[2].data)["response"];
  EXPECT_EQ(response["error"]["code"], "context_length_exceeded");
  EXPECT_EQ(response["status"], "failed");
}

TEST(SealedReasoning, OpensWhatItSealed) {
  for (const char* text : {"", "a", "ab", "abc", "été 😀"}) {
    EXPECT_EQ(open_reasoning(seal_reasoning(text)), text);
  }
  EXPECT_EQ(open_reasoning("gAAAAAB"), "");
  EXPECT_EQ(open_reasoning("ridge1:***"), "");
}

}  // namespace
}  // namespace ridge::server
