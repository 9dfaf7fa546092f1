// What requests must not be able to do, whichever route they take: every figure that is none, and
// everything that is no text. The answer is a 400 that names the field, or the field is named in
// the warning; never a 5xx, and never an answer to something else than was asked.
#include <gtest/gtest.h>

#include "support/fake_generator.h"

namespace ridge::server {
namespace {

struct Asker {
  const char* path;
  const char* body;  // a good request
};

constexpr Asker kChat{"/v1/chat/completions",
                      R"({"messages": [{"role": "user", "content": "x"}]})"};
constexpr Asker kCompletions{"/v1/completions", R"({"prompt": "x"})"};
constexpr Asker kResponses{"/v1/responses", R"({"input": "x"})"};
constexpr Asker kMessages{"/v1/messages",
                          R"({"max_tokens": 9, "messages": [{"role": "user", "content": "x"}]})"};

struct Answered {
  int status = 0;
  std::string body;
  std::string warning;
  size_t n_generations = 0;
};

Answered ask(const char* path, const std::string& body) {
  FakeServer server;
  const auto answer = server.ask("POST", path, body);
  EXPECT_EQ(answer->replies.size(), 1u) << path << " " << body;
  Answered out{.status = answer->replies.at(0).status, .body = answer->replies[0].body};
  for (const auto& [name, value] : answer->replies[0].headers) {
    if (name == "X-Ridge-Warning") out.warning = value;
  }
  out.n_generations = server.generator.n_generations();
  return out;
}

Answered ask(const Asker& asker, const std::string& field, const Json& value) {
  Json body = Json::parse(asker.body);
  body[field] = value;
  return ask(asker.path, dump(body));
}

TEST(BadInput, AFigureThatIsNoneIsRefusedByName) {
  const char* fields[] = {"temperature",
                          "top_p",
                          "top_k",
                          "min_p",
                          "typical_p",
                          "min_keep",
                          "xtc_probability",
                          "xtc_threshold",
                          "presence_penalty",
                          "frequency_penalty",
                          "repeat_penalty",
                          "repeat_last_n",
                          "dry_multiplier",
                          "dry_base",
                          "dry_allowed_length",
                          "dry_penalty_last_n",
                          "mirostat_tau",
                          "mirostat_eta",
                          "seed",
                          "mirostat"};
  const Json values[] = {-1e9, 1e300, -1e300, "1", "NaN", true, Json::array(), Json::object()};
  for (const Asker& asker : {kChat, kCompletions, kResponses, kMessages}) {
    for (const char* field : fields) {
      for (const Json& value : values) {
        // A seed may be any integer.
        if (std::string_view(field) == "seed" && value == -1e9) continue;
        const Answered answer = ask(asker, field, value);
        EXPECT_EQ(answer.status, 400) << asker.path << " " << field << ": " << value;
        EXPECT_NE(answer.body.find(field), std::string::npos) << answer.body;
        EXPECT_EQ(answer.n_generations, 0u);
      }
    }
  }
}

TEST(BadInput, ALengthThatIsNoneIsRefusedByName) {
  struct Case {
    Asker asker;
    const char* field;
  };
  const Case cases[] = {{kChat, "max_tokens"},        {kChat, "max_completion_tokens"},
                        {kChat, "n_predict"},         {kChat, "n"},
                        {kChat, "top_logprobs"},      {kCompletions, "max_tokens"},
                        {kCompletions, "n_predict"},  {kCompletions, "logprobs"},
                        {kCompletions, "best_of"},    {kMessages, "max_tokens"},
                        {kResponses, "top_logprobs"}, {kResponses, "max_output_tokens"}};
  const Json values[] = {-7, 0.5, 1e300, int64_t{1} << 62, ~uint64_t{0}, "1", Json::array()};
  for (const Case& c : cases) {
    for (const Json& value : values) {
      const Answered answer = ask(c.asker, c.field, value);
      EXPECT_EQ(answer.status, 400) << c.asker.path << " " << c.field << ": " << value;
      EXPECT_NE(answer.body.find(c.field), std::string::npos) << answer.body;
    }
  }
}

// llama.cpp's fields of caches and slots, which reached its memory unchecked.
TEST(BadInput, FieldsOfSlotsAndCachesDoNothingAndAreNamed) {
  for (const char* field : {"n_discard", "n_keep", "n_probs", "n_cache_reuse", "id_slot",
                            "cache_prompt", "t_max_predict_ms", "slot_id"}) {
    for (const Json& value : {Json(-1), Json(1e300), Json(~uint64_t{0}), Json("../x")}) {
      for (const Asker& asker : {kChat, kCompletions, kMessages}) {
        const Answered answer = ask(asker, field, value);
        EXPECT_EQ(answer.status, 200) << asker.path << " " << field;
        EXPECT_NE(answer.warning.find(field), std::string::npos) << answer.warning;
      }
    }
  }
}

TEST(BadInput, SlotsCannotBeSavedOrRestored) {
  FakeServer server;
  HttpRequest request;
  request.headers = {{"host", "localhost"}};
  request.method = "POST";
  for (const char* path : {"/slots/0", "/slots/../../etc/passwd", "/slots"}) {
    request.path = path;
    const Admission admission = server.app.admit(request);
    ASSERT_TRUE(admission.refusal.has_value()) << path;
    EXPECT_EQ(admission.refusal->status, request.path == "/slots" ? 405 : 404);
  }
}

// Nothing is decoded, measured or fetched: whatever it holds, it is refused for what it is.
TEST(BadInput, PicturesSoundsAndFilesAreRefusedUnread) {
  const char* parts[] = {
      R"({"type": "image_url", "image_url": {"url": "data:image/png;base64,"}})",
      R"({"type": "image_url", "image_url": {"url": "data:text/html;base64,AAAA"}})",
      R"({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}})",
      R"({"type": "image_url", "image_url": {"url": "http://169.254.169.254/latest"}})",
      R"({"type": "image_url", "image_url": {"url": "data:image/png;base64,!!", "width": 65535}})",
      R"({"type": "image_url"})",
      R"({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}})",
      R"({"type": "input_audio", "input_audio": {"data": "", "length": 4294967295}})",
      R"({"type": "file", "file": {"file_id": "../x"}})",
      R"({"type": "video_url", "video_url": {"url": "x"}})",
      R"({"type": "image", "source": {"type": "url", "url": "file:///etc/passwd"}})",
      R"({"type": "image", "source": {"type": "base64", "media_type": "x/y", "data": "AAAA"}})",
      R"({"type": "document", "source": {"type": "base64", "data": "AAAA"}})",
      R"({"type": "document", "source": {"type": "url", "url": "http://localhost/"}})",
  };
  for (const std::string part : parts) {
    const bool is_anthropic = part.find("source") != std::string::npos;
    const std::string message = R"([{"role": "user", "content": [)" + part + "]}]";
    const Answered answer = is_anthropic ? ask(kMessages, "messages", Json::parse(message))
                                         : ask(kChat, "messages", Json::parse(message));
    EXPECT_EQ(answer.status, 400) << part;
    EXPECT_NE(answer.body.find("text only"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find("messages[0].content[0]"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.n_generations, 0u);
  }
  const Answered response = ask(
      kResponses, "input",
      Json::parse(R"([{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}])"));
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("text only"), std::string::npos) << response.body;
}

TEST(BadInput, AMillionInputsAreRefusedAtOnce) {
  for (const char* one : {"1,", "\"x\","}) {
    std::string body = R"({"input": [)";
    for (int i = 0; i < 1'000'000; ++i) body += one;
    body.back() = ']';
    body += '}';
    EXPECT_EQ(ask("/v1/embeddings", body).status, 400) << one;
    EXPECT_EQ(ask("/api/embed", body).status, 400) << one;
  }
}

TEST(BadInput, AHistoryOfBrokenCallsIsTaken) {
  const Json messages = Json::parse(R"([
    {"role": "user", "content": "x"},
    {"role": "assistant", "tool_calls": [
      {"function": {"name": "f", "arguments": "{\"a\": "}},
      {"id": "", "function": {"name": "unknown"}},
      {"id": "c", "type": "other", "function": {"name": "f", "arguments": [1]}}]},
    {"role": "tool", "content": "nobody asked"},
    {"role": "tool", "tool_call_id": "missing", "content": null},
    {"role": "user", "content": "y"}])");
  const Answered refused = ask(kChat, "messages", messages);
  EXPECT_EQ(refused.status, 400);  // a result must say something
  EXPECT_NE(refused.body.find("messages[3].content"), std::string::npos) << refused.body;
  Json whole = messages;
  whole.erase(3);
  EXPECT_EQ(ask(kChat, "messages", whole).status, 200);
}

}  // namespace
}  // namespace ridge::server
