#include "server/ollama/ollama.h"

#include <gtest/gtest.h>

#include <sstream>

#include "support/fake_generator.h"
#include "support/wire.h"

namespace ridge::server {
namespace {

FakeScript call_script() {
  FakeScript script;
  script.steps = {{.events = {reasoning("Hm.")}, .tokens = {}},
                  {.events = {content("I ask.")},
                   .tokens = {{.text = "I", .logprob = -1, .top = {{"I", -1}, {"x", -2}}}}},
                  {.events = {call_begin(0, "f"), arguments(0, "{\"a\":")}, .tokens = {}},
                  {.events = {arguments(0, "1}"), call_end(0)}, .tokens = {}}};
  script.end.stats.n_generated = 7;
  script.end.stats.prompt_seconds = 0.5;
  script.end.stats.decode_seconds = 2;
  return script;
}

Json chat_body(const Json& more = Json::object()) {
  Json body{{"model", "any"}, {"messages", {{{"role", "user"}, {"content", "Hi"}}}}};
  body.update(more);
  return body;
}

std::vector<Json> json_lines(const std::string& stream) {
  std::vector<Json> out;
  std::istringstream in(stream);
  for (std::string line; std::getline(in, line);) out.push_back(scrubbed(line));
  return out;
}

Json reply_of(const std::shared_ptr<RecordingResponder>& answer) {
  EXPECT_EQ(answer->replies.size(), 1u);
  return scrubbed(answer->replies.at(0).body);
}

TEST(OllamaChat, AnswersAtOnceWhenItMustNotStream) {
  FakeServer server;
  server.generator.script = call_script();
  EXPECT_EQ(reply_of(server.post("/api/chat", chat_body({{"stream", false}}))), Json::parse(R"({
    "model": "tiny", "created_at": "now",
    "message": {"role": "assistant", "content": "I ask.", "thinking": "Hm.",
      "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
    "done": true, "done_reason": "stop", "total_duration": 2500000000, "load_duration": 0,
    "prompt_eval_count": 10, "prompt_eval_duration": 500000000,
    "eval_count": 7, "eval_duration": 2000000000, "cached_tokens": 4})"));
}

TEST(OllamaChat, StreamsLinesOfWhichTheLastHasTheFigures) {
  FakeServer server;
  server.generator.script = call_script();
  const auto answer = server.post("/api/chat", chat_body());  // streams unless told not to
  ASSERT_EQ(answer->heads.size(), 1u);
  EXPECT_EQ(answer->heads[0].content_type, "application/x-ndjson");
  EXPECT_EQ(answer->n_finished, 1);
  const char* messages[] = {R"({"role": "assistant", "content": "", "thinking": "Hm."})",
                            R"({"role": "assistant", "content": "I ask."})",
                            R"({"role": "assistant", "content": "",
          "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]})"};
  const auto lines = json_lines(answer->stream);
  ASSERT_EQ(lines.size(), 4u);
  for (size_t i = 0; i < 3; ++i) {
    const Json want{{"model", "tiny"},
                    {"created_at", "now"},
                    {"message", Json::parse(messages[i])},
                    {"done", false}};
    EXPECT_EQ(lines[i], want) << i;
  }
  EXPECT_EQ(lines[3]["message"]["content"], "");
  EXPECT_EQ(lines[3]["done"], true);
  EXPECT_EQ(lines[3]["eval_count"], 7);
}

TEST(OllamaChat, KeepsAStreamAliveWithALineOfNothing) {
  FakeServer server;
  server.generator.script.waits = true;
  const auto answer = server.post("/api/chat", chat_body());
  const auto lines = json_lines(answer->heads.at(0).keep_alive());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["message"]["content"], "");
  EXPECT_EQ(lines[0]["done"], false);
  ASSERT_TRUE(answer->gone);
  answer->gone();
  EXPECT_TRUE(server.generator.generation(0)->cancelled);
}

TEST(OllamaChat, ReportsLogprobs) {
  FakeServer server;
  server.generator.script = call_script();
  const Json body = chat_body({{"logprobs", true}, {"top_logprobs", 1}});
  const auto lines = json_lines(server.post("/api/chat", body)->stream);
  EXPECT_EQ(lines.at(1)["logprobs"], Json::parse(R"([{"token": "I", "logprob": -1.0,
    "top_logprobs": [{"token": "I", "logprob": -1.0}]}])"));
  EXPECT_FALSE(lines.at(0).contains("logprobs"));
  EXPECT_EQ(server.generator.asked.sampling.n_logprobs, 1);
}

TEST(OllamaChat, PassesOnWhatIsAsked) {
  FakeServer server;
  const auto answer = server.ask("POST", "/api/chat", R"({"model": "any", "stream": false,
    "messages": [
      {"role": "system", "content": "Be kind."},
      {"role": "user", "content": "Hi", "images": []},
      {"role": "assistant", "content": "", "thinking": "hm",
       "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {"a": 1}}},
                      {"function": {"name": "g"}}]},
      {"role": "tool", "tool_name": "f", "content": "ok"}],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "format": {"type": "object"}, "think": "low", "keep_alive": "5m",
    "options": {"temperature": 0.5, "top_k": 3, "num_predict": 9, "num_ctx": 50, "stop": ["x", ""],
      "seed": 5, "repeat_penalty": 1.5, "num_gpu": 99, "wibble": 1}})");
  EXPECT_EQ(answer->replies.at(0).status, 200) << answer->replies[0].body;
  const AnswerRequest& asked = server.generator.asked;
  const auto& messages = asked.conversation.messages;
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[2].reasoning, "hm");
  EXPECT_EQ(messages[2].calls.at(0).id, "c");
  EXPECT_EQ(messages[2].calls.at(0).arguments, R"({"a":1})");
  EXPECT_EQ(messages[2].calls.at(1).arguments, "{}");
  EXPECT_EQ(messages[3].tool_name, "f");
  EXPECT_EQ(asked.rules.tools.at(0).name, "f");
  ASSERT_TRUE(asked.rules.format.has_value());
  EXPECT_EQ(std::get<grammar::JsonSchema>(*asked.rules.format).schema, R"({"type":"object"})");
  EXPECT_FLOAT_EQ(asked.sampling.temperature, 0.5f);
  EXPECT_EQ(asked.sampling.top_k, 3);
  EXPECT_FLOAT_EQ(asked.sampling.top_p, 0.9f);  // as the API documents it
  EXPECT_FLOAT_EQ(asked.sampling.repetition_penalty, 1.5f);
  EXPECT_EQ(asked.max_tokens, 9);
  EXPECT_EQ(asked.stops, std::vector<std::string>{"x"});
  EXPECT_EQ(asked.seed, 5u);
  const auto& variables = asked.conversation.variables;
  ASSERT_EQ(variables.size(), 2u);
  EXPECT_EQ(variables[0].first.bytes(), "reasoning_effort");
  EXPECT_EQ(variables[1].first.bytes(), "enable_thinking");
  EXPECT_EQ(answer->replies[0].headers.at(0).second,
            "without effect here: 'options.num_gpu'; unknown and ignored: 'options.wibble'; "
            "without effect here: 'keep_alive'");
}

TEST(OllamaChat, SaysThatAContextWasAskedForThatThereIsNot) {
  FakeServer server;
  const auto answer =
      server.post("/api/chat", chat_body({{"stream", false}, {"options", {{"num_ctx", 4096}}}}));
  EXPECT_EQ(answer->replies.at(0).headers.at(0).second,
            "num_ctx 4096 is more than the 100 tokens that this server gives a request");
}

TEST(OllamaChat, LengthsBelowOneMeanAsMuchAsThereIs) {
  for (const int n : {-2, -1, 0}) {
    FakeServer server;
    server.post("/api/chat", chat_body({{"options", {{"num_predict", n}}}}));
    EXPECT_EQ(server.generator.asked.max_tokens, -1) << n;
  }
}

TEST(OllamaChat, ThinksAsItIsTold) {
  struct Case {
    Json think;
    size_t n_variables;
  };
  const Case cases[] = {{nullptr, 0}, {true, 1}, {false, 1}, {"high", 2}};
  for (const Case& c : cases) {
    FakeServer server;
    server.post("/api/chat", chat_body({{"think", c.think}}));
    const auto& variables = server.generator.asked.conversation.variables;
    ASSERT_EQ(variables.size(), c.n_variables) << c.think;
    if (variables.empty()) continue;
    EXPECT_EQ(variables.back().first.bytes(), "enable_thinking");
    EXPECT_EQ(variables.back().second.as_bool(), c.think != false) << c.think;
  }
}

TEST(OllamaGenerate, GoesOnARenderedTurnARawTextOrAGap) {
  struct Case {
    const char* body;
    AnswerRequest::Input input;
    size_t n_messages;
  };
  using enum AnswerRequest::Input;
  const Case cases[] = {
      {R"({"prompt": "a"})", kConversation, 1},
      {R"({"prompt": "a", "system": "s", "template": "", "context": []})", kConversation, 2},
      {R"({"prompt": "a", "system": "", "raw": true})", kText, 0},
      {R"({"prompt": "a", "suffix": "b"})", kFillIn, 0},
      {R"({"prompt": "", "suffix": "b"})", kFillIn, 0},
      {R"({"prompt": "a", "suffix": "", "format": "json", "images": null})", kConversation, 1},
  };
  for (const Case& c : cases) {
    FakeServer server;
    server.generator.script = call_script();
    const auto answer = server.ask("POST", "/api/generate", c.body);
    const auto lines = json_lines(answer->stream);
    ASSERT_EQ(lines.size(), 4u) << c.body;
    EXPECT_EQ(lines[0]["thinking"], "Hm.") << c.body;
    EXPECT_EQ(lines[1]["response"], "I ask.");
    EXPECT_EQ(lines.back()["done"], true);
    EXPECT_FALSE(lines[1].contains("message"));
    EXPECT_EQ(server.generator.asked.input, c.input) << c.body;
    EXPECT_EQ(server.generator.asked.conversation.messages.size(), c.n_messages) << c.body;
  }
}

TEST(OllamaGenerate, WithoutAPromptSaysThatTheModelIsLoaded) {
  for (const char* body : {R"({"model": "any"})", R"({"prompt": ""})", R"({"keep_alive": 0})",
                           R"({"prompt": "", "raw": true})", R"({"system": "s"})"}) {
    FakeServer server;
    EXPECT_EQ(reply_of(server.ask("POST", "/api/generate", body)), (Json{{"model", "tiny"},
                                                                         {"created_at", "now"},
                                                                         {"response", ""},
                                                                         {"done", true},
                                                                         {"done_reason", "load"}}))
        << body;
    EXPECT_EQ(server.generator.n_generations(), 0u);
  }
  FakeServer server;
  const Json chat = reply_of(server.post("/api/chat", {{"messages", Json::array()}}));
  EXPECT_EQ(chat["done_reason"], "load");
  EXPECT_EQ(chat["message"]["content"], "");
}

TEST(Ollama, RefusesInItsOwnShape) {
  struct Case {
    const char* path;
    const char* body;
    const char* says;
  };
  const Case cases[] = {
      {"/api/chat", "[]", "body: an object is wanted"},
      {"/api/chat", R"({"messages": {}})", "messages: a list"},
      {"/api/chat", R"({"messages": [1]})", "messages[0]: an object"},
      {"/api/chat", R"({"messages": [{"content": "x"}]})", "messages[0].role: it is required"},
      {"/api/chat", R"({"messages": [{"role": "user", "content": "x", "images": ["eA=="]}]})",
       "messages[0].images: this model reads text only"},
      {"/api/chat", R"({"messages": [{"role": "assistant", "tool_calls": {"a": 1}}]})",
       "messages[0].tool_calls: a list"},
      {"/api/chat", R"({"messages": [{"role": "assistant", "tool_calls": "f"}]})",
       "messages[0].tool_calls: a list"},
      {"/api/chat", R"({"messages": [{"role": "assistant", "tool_calls": [{}]}]})",
       "messages[0].tool_calls[0].function: it is required"},
      {"/api/chat", R"({"messages": [], "tools": 1})", "tools: a list"},
      {"/api/chat", R"({"messages": [], "format": "xml"})", "format: 'json' or a schema"},
      {"/api/chat", R"({"messages": [], "think": 1})", "think: true, false or a level"},
      {"/api/chat", R"({"messages": [], "stream": "no"})", "stream: true or false"},
      {"/api/chat", R"({"messages": [], "options": 1})", "options: an object"},
      {"/api/chat", R"({"messages": [], "options": {"num_predict": -3}})", "options.num_predict"},
      {"/api/chat", R"({"messages": [], "options": {"top_p": 2}})", "options.top_p"},
      {"/api/chat", R"({"messages": [], "options": {"mirostat": 1}})", "mirostat: 1 is not"},
      {"/api/generate", R"({"prompt": "a", "images": ["eA=="]})", "images: this model reads"},
      {"/api/generate", R"({"prompt": "a", "template": "x"})", "template: the template is"},
      {"/api/generate", R"({"prompt": "a", "context": [1]})", "context: it is superseded"},
      {"/api/generate", R"({"prompt": "a", "raw": true, "system": "s"})", "system: "},
      {"/api/generate", R"({"prompt": "a", "suffix": "b", "system": "s"})", "system: "},
      {"/api/embed", R"({})", "input: it is required"},
      {"/api/embed", R"({"input": ""})", "input: it is empty"},
      {"/api/embed", R"({"input": "a", "dimensions": 7})", "dimensions: this model's"},
      {"/api/embeddings", R"({"prompt": ["a"]})", "prompt: text is wanted"},
      {"/api/embeddings", R"({"prompt": ""})", "prompt: it is empty"},
      {"/api/show", "nonsense", "the body is not valid JSON"},
  };
  for (const Case& c : cases) {
    FakeServer server;
    const auto answer = server.ask("POST", c.path, c.body);
    ASSERT_EQ(answer->replies.size(), 1u) << c.body;
    EXPECT_EQ(answer->replies[0].status, 400) << c.body;
    const Json reply = Json::parse(answer->replies[0].body);
    ASSERT_EQ(reply.size(), 1u) << reply;
    const std::string error = reply["error"];
    EXPECT_NE(error.find(c.says), std::string::npos) << c.body << ": " << error;
    EXPECT_EQ(server.generator.n_generations(), 0u);
  }
}

TEST(Ollama, OverflowNamesBothNumbersAndAFailureInAStreamIsALine) {
  FakeServer server;
  server.generator.script.n_prompt = 150;
  const auto overflow = server.post("/api/chat", chat_body());
  EXPECT_EQ(overflow->replies.at(0).status, 400);
  EXPECT_EQ(Json::parse(overflow->replies[0].body)["error"],
            "the prompt of 150 tokens exceeds the available context size of 100 tokens");
  server.generator.script = call_script();
  server.generator.script.failure = "the device is gone";
  const auto failed = server.post("/api/chat", chat_body());
  EXPECT_EQ(json_lines(failed->stream).back(), (Json{{"error", "the device is gone"}}));
  EXPECT_EQ(failed->n_finished, 1);
  const auto whole = server.post("/api/chat", chat_body({{"stream", false}}));
  EXPECT_EQ(whole->replies.at(0).status, 500);
}

TEST(OllamaEmbed, GivesVectorsOfWhatItIsGiven) {
  FakeServer server;
  EXPECT_EQ(reply_of(server.post("/api/embed", {{"input", {"A", "BC"}}, {"dimensions", 2}})),
            (Json{{"model", "tiny"},
                  {"embeddings", {{0.6f, 0.8f}, {0.6f, 0.8f}}},
                  {"prompt_eval_count", 3}}));
  EXPECT_EQ(reply_of(server.post("/api/embed", {{"input", "A"}}))["embeddings"].size(), 1u);
  EXPECT_EQ(reply_of(server.post("/api/embeddings", {{"prompt", "A"}})),
            (Json{{"embedding", {0.6f, 0.8f}}}));
}

TEST(OllamaModels, AreTheOneThatIsServed) {
  FakeServer server;
  const Json tags = reply_of(server.ask("GET", "/api/tags", ""));
  ASSERT_EQ(tags["models"].size(), 1u);
  EXPECT_EQ(tags["models"][0]["name"], "tiny");
  EXPECT_EQ(tags["models"][0]["modified_at"], "1970-01-01T00:00:00Z");
  const Json running = reply_of(server.ask("GET", "/api/ps", ""));
  EXPECT_EQ(running["models"][0]["context_length"], 100);
  EXPECT_TRUE(reply_of(server.ask("GET", "/api/version", "")).contains("version"));
  const Json shown = reply_of(server.post("/api/show", {{"model", "any"}}));
  EXPECT_EQ(shown["template"], "{{ messages }}");
  EXPECT_EQ(shown["capabilities"], (Json::array({"completion", "tools"})));
  EXPECT_EQ(shown["model_info"][".context_length"], 100);  // the fake has no architecture
}

}  // namespace
}  // namespace ridge::server
