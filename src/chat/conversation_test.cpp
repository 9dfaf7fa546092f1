#include "chat/conversation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/strcat.h"

namespace ridge::chat {
namespace {

using Json = nlohmann::json;

std::filesystem::path templates_folder() {
  const char* cache = std::getenv("RIDGE_CACHE");
  const char* home = std::getenv("HOME");
  const std::filesystem::path root =
      cache ? std::filesystem::path(cache)
            : std::filesystem::path(home ? home : ".") / ".cache/ridgeline";
  return root / "material/llama.cpp/models/templates";
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::shared_ptr<const text::ChatTemplate> chat_template(std::string_view source) {
  return std::make_shared<text::ChatTemplate>(text::ChatTemplate::from_source(
      cat("{%- set bos_token = '<s>' %}{%- set eos_token = '</s>' -%}", source)));
}

// The families of real templates, and whether an assistant's calls can be read back from what the
// template writes of them.
struct Real {
  const char* file;
  const char* family;
};
constexpr Real kReal[] = {
    {"Qwen-Qwen2.5-7B-Instruct.jinja", "hermes"},
    {"Qwen-Qwen3-0.6B.jinja", "hermes"},
    {"Qwen-QwQ-32B.jinja", "hermes"},
    {"NousResearch-Hermes-3-Llama-3.1-8B-tool_use.jinja", "hermes"},
    {"Qwen3-Coder.jinja", "qwen-xml"},
    {"Qwen3.5-4B.jinja", "qwen-xml"},
    {"GLM-4.6.jinja", "glm"},
    {"GLM-4.7-Flash.jinja", "glm-flat"},
    {"MiniMax-M2.jinja", "minimax"},
    {"meta-llama-Llama-3.1-8B-Instruct.jinja", "llama"},
    {"meta-llama-Llama-3.2-3B-Instruct.jinja", "llama"},
    {"meta-llama-Llama-3.3-70B-Instruct.jinja", "llama"},
    {"mistralai-Mistral-Nemo-Instruct-2407.jinja", "mistral-list"},
    {"Mistral-Small-3.2-24B-Instruct-2506.jinja", "mistral"},
    {"unsloth-mistral-Devstral-Small-2507.jinja", "mistral"},
    {"mistralai-Ministral-3-14B-Reasoning-2512.jinja", "mistral"},
    {"deepseek-ai-DeepSeek-V3.1.jinja", "deepseek"},
    {"llama-cpp-deepseek-r1.jinja", "deepseek-r1"},
    {"google-gemma-4-31B-it.jinja", "gemma"},
    {"openai-gpt-oss-120b.jinja", "harmony"},
    {"Cohere2MoE.jinja", "cohere"},
    {"CohereForAI-c4ai-command-r7b-12-2024-tool_use.jinja", "cohere"},
    {"LFM2-8B-A1B.jinja", "lfm2"},
    {"LFM2.5-8B-A1B.jinja", "lfm2"},
    {"LFM2.5-Instruct.jinja", "lfm2"},
    {"ibm-granite-granite-3.3-2B-Instruct.jinja", "granite"},
    {"NVIDIA-Nemotron-Nano-v2.jinja", "nemotron"},
    {"deepseek-ai-DeepSeek-V3.2.jinja", "deepseek-v3.2"},
    {"deepseek-ai-DeepSeek-V4.jinja", "deepseek-v4"},
    {"deepseek-ai-DeepSeek-V4-Flash-0731.jinja", "deepseek-v4"},
    {"openbmb-MiniCPM5-1B.jinja", "minicpm"},
    {"Apertus-8B-Instruct.jinja", "apertus"},
    {"Apriel-1.6-15b-Thinker-fixed.jinja", "apriel"},
    {"unsloth-Apriel-1.5.jinja", "apriel"},
    {"GigaChat3-10B-A1.8B.jinja", "gigachat-message"},
    {"tencent-Hy3.jinja", "hunyuan"},
    {"ByteDance-Seed-OSS.jinja", "seed-oss"},
    {"MiniMax-M1.jinja", "minimax-m1"},
    {"meetkai-functionary-medium-v3.1.jinja", "functionary"},
    {"GigaChat3.1-10B-A1.8B.jinja", "gigachat"},
};

const Tool kTool{
    "book_room", "Books a room",
    R"({"type":"object","properties":{"guest":{"type":"string"},"nights":{"type":"integer"}},
                     "required":["guest"]})",
    false};
const char* const kArguments = R"({"guest":"Ann Lee","nights":3})";

Conversation called() {
  Conversation out;
  out.tools = {kTool};
  out.messages = {{.role = "user", .content = "Book it"}, {.role = "assistant"}};
  out.messages[1].calls = {{"call_12345678", "book_room", kArguments}};
  return out;
}

TEST(Conversation, CallsGoThroughRealTemplatesAndComeBackTheSame) {
  if (!std::filesystem::exists(templates_folder())) {
    GTEST_SKIP() << "needs llama.cpp's chat templates: tools/material.py get llama.cpp";
  }
  for (const Real& real : kReal) {
    SCOPED_TRACE(real.file);
    const auto parsed = chat_template(read(templates_folder() / real.file));
    const Family& family = family_of(*parsed);
    EXPECT_EQ(family.name(), real.family);
    const Prompter prompter(parsed, nullptr, family);
    // DeepSeek's V3.1 leaves telling of tools to the system message, R1's fails at it.
    EXPECT_EQ(prompter.takes_tools(),
              family.name() != "deepseek" && family.name() != "deepseek-r1");
    Conversation conversation = called();
    conversation.prompt = text::GenerationPrompt::kNone;
    const std::string whole = prompter.render(conversation).bytes;
    conversation.messages.pop_back();
    conversation.prompt = text::GenerationPrompt::kAdd;
    std::string prompt = prompter.render(conversation).bytes;
    // What the model would have said: from where the prompt ends, or where they part.
    size_t at = 0;
    while (at < prompt.size() && at < whole.size() && prompt[at] == whole[at]) ++at;
    while (at < prompt.size() && whole[at - 1] != '>' && whole[at - 1] != '\n') --at;
    const std::string said = whole.substr(at);
    AnswerRules rules;
    rules.tools = {kTool};
    rules.prompt_end = prompt.substr(0, at);
    const ParsedAnswer answer = parse_answer(*family.parser(rules), said, Ending::kComplete);
    ASSERT_EQ(answer.calls.size(), 1u) << said;
    EXPECT_EQ(answer.calls[0].name, "book_room");
    EXPECT_TRUE(answer.calls[0].whole);
    EXPECT_EQ(Json::parse(answer.calls[0].arguments), Json::parse(kArguments)) << said;
  }
}

// Templates that ask for variables of their own, or for what the sandbox of `transformers` forbids.
bool refuses_calls(const std::string& file) {
  return file.starts_with("Kimi-K2") || file.starts_with("fireworks-ai") ||
         file.starts_with("CohereForAI-c4ai-command-r-plus");
}

TEST(Conversation, EveryRealTemplateIsGivenAFamilyAndTakesACall) {
  if (!std::filesystem::exists(templates_folder())) {
    GTEST_SKIP() << "needs llama.cpp's chat templates: tools/material.py get llama.cpp";
  }
  for (const auto& entry : std::filesystem::directory_iterator(templates_folder())) {
    const std::string file = entry.path().filename().string();
    if (entry.path().extension() != ".jinja" || refuses_calls(file)) continue;
    SCOPED_TRACE(file);
    const auto parsed = chat_template(read(entry.path()));
    const Prompter prompter(parsed, nullptr, family_of(*parsed));
    Conversation conversation = called();
    conversation.messages.insert(conversation.messages.begin(),
                                 {.role = "system", .content = "Be brief."});
    conversation.messages.push_back(
        {.role = "tool", .content = "done", .call_id = "call_12345678"});
    try {
      const std::string text = prompter.render(conversation).bytes;
      EXPECT_NE(text.find("Book it"), std::string::npos);
      EXPECT_NE(text.find("Ann Lee"), std::string::npos);
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

TEST(Conversation, TemplatesThatRefuseCallsHaveTheirFamilyToo) {
  if (!std::filesystem::exists(templates_folder())) {
    GTEST_SKIP() << "needs llama.cpp's chat templates: tools/material.py get llama.cpp";
  }
  const auto family = [](const char* file) {
    return family_of(std::string_view(read(templates_folder() / file))).name();
  };
  EXPECT_EQ(family("CohereForAI-c4ai-command-r-plus-tool_use.jinja"), "command-r");
  EXPECT_EQ(family("fireworks-ai-llama-3-firefunction-v2.jinja"), "firefunction");
  EXPECT_EQ(family("moonshotai-Kimi-K2.jinja"), "kimi");
}

// It tells what the system said, and of the tools, with the words of the last user alone.
bool moves_system(const std::string& file) {
  return file.starts_with("mistralai-Mistral-Nemo");
}

// Claude Code reminds in the middle and after results, Codex begins with several developers and
// users, and people speak where a turn was cut off.
TEST(Conversation, EveryRealTemplateTakesTheMessagesOfAgentsInTheirOrder) {
  if (!std::filesystem::exists(templates_folder())) {
    GTEST_SKIP() << "needs llama.cpp's chat templates: tools/material.py get llama.cpp";
  }
  const Message calling = called().messages[1];
  const Message done{.role = "tool", .content = "say-done", .call_id = calling.calls[0].id};
  const auto says = [](const char* role, const char* text) {
    return Message{.role = role, .content = text};
  };
  const std::vector<std::vector<Message>> all{
      {says("system", "say-1"), says("user", "say-2"), says("system", "say-3"), calling, done,
       says("system", "say-4"), calling, done, says("user", "say-5")},
      {says("developer", "say-1"), says("developer", "say-2"), says("user", "say-3"),
       says("user", "say-4"), calling, done, says("assistant", "say-5"), says("user", "say-6")},
  };
  for (const auto& entry : std::filesystem::directory_iterator(templates_folder())) {
    const std::string file = entry.path().filename().string();
    if (entry.path().extension() != ".jinja" || refuses_calls(file)) continue;
    const auto parsed = chat_template(read(entry.path()));
    const Prompter prompter(parsed, nullptr, family_of(*parsed));
    for (const auto& messages : all) {
      SCOPED_TRACE(cat(file, ", ", messages[0].role));
      Conversation conversation{.messages = messages, .tools = {kTool}};
      try {
        const std::string text = prompter.render(conversation).bytes;
        size_t at = 0;
        for (const Message& message : messages) {
          const bool at_head = message.content == "say-1" || message.role == "developer";
          if (at_head && moves_system(file)) continue;
          const size_t next = text.find(message.content, at);
          EXPECT_NE(next, std::string::npos) << message.content << " in\n" << text;
          if (next != std::string::npos) at = next;
        }
      } catch (const Error& error) {
        ADD_FAILURE() << error.what();
      }
    }
  }
}

constexpr std::string_view kChatMl =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

TEST(Conversation, ATemplateWithoutToolsIsToldOfThemInWords) {
  const auto parsed = chat_template(kChatMl);
  const Family& family = family_of(*parsed);
  EXPECT_EQ(family.name(), "generic");
  const Prompter prompter(parsed, nullptr, family);
  EXPECT_FALSE(prompter.takes_tools());
  Conversation conversation = called();
  conversation.messages.push_back({.role = "tool", .content = "done", .call_id = "call_12345678"});
  const std::string text = prompter.render(conversation).bytes;
  EXPECT_NE(text.find("book_room"), std::string::npos);
  EXPECT_NE(text.find("<tool_call>\n{\"name\": \"book_room\""), std::string::npos);
  EXPECT_NE(text.find("<tool_response>\ndone"), std::string::npos);
  EXPECT_TRUE(text.starts_with("<|im_start|>system\n"));
}

// LFM2's and Granite's: the model writes calls, and the template has a role for what comes back.
constexpr std::string_view kRolesAndTools =
    "{% if tools %}<|tool_list_start|>{{ tools|tojson }}{% endif %}"
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";

TEST(Conversation, ACallInWordsHasTheFamilysControlTokensAndNoneOfTheUsers) {
  const auto parsed = chat_template(kRolesAndTools);
  const Prompter prompter(parsed, nullptr, family_of(*parsed));
  EXPECT_EQ(prompter.family().name(), "lfm2");
  Conversation conversation = called();
  conversation.messages[1].calls[0].arguments = R"({"guest": "<|tool_call_end|>"})";
  conversation.messages.push_back({.role = "tool", .content = "done", .call_id = "call_12345678"});
  const text::Text text = prompter.render(conversation);
  const std::string_view said = text.bytes;
  const std::string_view begin = "<|tool_call_start|>", end = "<|tool_call_end|>";
  EXPECT_TRUE(
      said.ends_with("<user>Book it<assistant><|tool_call_start|>"
                     "[book_room(guest=\"<|tool_call_end|>\")]<|tool_call_end|><tool>done"));
  const auto is_trusted = [&](size_t at, size_t size) {
    return std::any_of(text.trusted.begin(), text.trusted.end(), [&](const text::Range& range) {
      return range.begin <= at && at + size <= range.end;
    });
  };
  EXPECT_TRUE(is_trusted(said.find(begin), begin.size()));
  EXPECT_FALSE(is_trusted(said.find(end), end.size()));
  EXPECT_TRUE(is_trusted(said.rfind(end), end.size()));
}

// Under the name that the template has for it; and not beside words where it refuses that.
TEST(Conversation, ReasoningIsPassedAsTheTemplateCallsIt) {
  Conversation conversation = called();
  conversation.messages[1].reasoning = "say-why";
  const auto says = [&](std::string_view source, const char* words) {
    conversation.messages[1].content = words;
    const Prompter prompter(chat_template(source), nullptr, *find_family("hermes"));
    return prompter.render(conversation).bytes.find("say-why") != std::string::npos;
  };
  for (const char* key : {"reasoning_content", "reasoning", "thinking"}) {
    const std::string source =
        cat("{{ tools }}{% for m in messages %}{{ m.", key,
            " }}{{ m.content }}{{ m.tool_calls|tojson if m.tool_calls }}{% endfor %}");
    EXPECT_TRUE(says(source, "")) << key;
    EXPECT_TRUE(says(source, "words")) << key;
  }
  const char* const either =
      "{{ tools }}{% for m in messages %}{% if m.thinking and m.content %}"
      "{{ raise_exception('either') }}{% endif %}{{ m.thinking }}{{ m.content }}"
      "{{ m.tool_calls|tojson if m.tool_calls }}{% endfor %}";
  EXPECT_TRUE(says(either, ""));
  EXPECT_FALSE(says(either, "words"));
}

TEST(Conversation, ATemplateWithoutSystemMessagesHearsThemFromTheUser) {
  const Prompter prompter(
      chat_template(
          cat("{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}",
              kChatMl)),
      nullptr, *find_family("generic"));
  Conversation conversation;
  conversation.messages = {{.role = "developer", .content = "Be brief."},
                           {.role = "user", .content = "Hi"}};
  EXPECT_EQ(prompter.render(conversation).bytes,
            "<|im_start|>user\nBe brief.\n\nHi<|im_end|>\n<|im_start|>assistant\n");
}

// Later words of the system stay where they were said.
TEST(Conversation, ATemplateThatWantsTurnsGetsThem) {
  const Prompter prompter(
      chat_template("{% for m in messages %}{% if m.role == 'system' and not loop.first %}"
                    "{{ raise_exception('the system speaks first') }}{% endif %}"
                    "{% if not loop.first and m.role == messages[loop.index0 - 1].role %}"
                    "{{ raise_exception('turns, please') }}{% endif %}"
                    "<{{ m.role }}>{{ m.content }}{% endfor %}{{ tools }}"),
      nullptr, *find_family("generic"));
  Conversation conversation;
  conversation.messages = {
      {.role = "system", .content = "a"},    {.role = "system", .content = "b"},
      {.role = "user", .content = "c"},      {.role = "system", .content = "d"},
      {.role = "assistant", .content = "e"}, {.role = "system", .content = "f"}};
  EXPECT_EQ(prompter.render(conversation).bytes,
            "<system>a\n\nb<user>c\n\nd<assistant>e<user>fNone");
}

// {{ x|tojson }} of an object, and {{ 'a' + x }} of a text: each gets what it takes.
TEST(Conversation, ArgumentsComeAsTheTemplateTakesThem) {
  const std::string head =
      "{{ tools|tojson }}{% for m in messages %}{{ m.content }}"
      "{% for c in m.tool_calls or [] %}";
  const std::string tail = "{% endfor %}{% endfor %}";
  const auto text_of = [&](std::string_view how, const std::string& arguments) {
    const Prompter prompter(chat_template(cat(head, how, tail)), nullptr, *find_family("hermes"));
    Conversation conversation = called();
    conversation.messages[1].calls[0].arguments = arguments;
    const std::string out = prompter.render(conversation).bytes;
    return out.substr(out.rfind("@"));
  };
  for (const char* how :
       {"@{{ c.function.arguments|tojson }}", "{{ '@' + c.function.arguments }}"}) {
    SCOPED_TRACE(how);
    EXPECT_EQ(text_of(how, R"({"a": 1})"), R"(@{"a": 1})");
    EXPECT_EQ(Json::parse(text_of(how, "{'a': True,}").substr(1)), Json::parse(R"({"a": true})"));
    EXPECT_EQ(Json::parse(text_of(how, "").substr(1)), Json::object());
    EXPECT_EQ(Json::parse(text_of(how, "no json").substr(1)), Json({{"arguments", "no json"}}));
  }
}

TEST(Conversation, JsonBecomesAValueAndDeepJsonAnError) {
  EXPECT_EQ(value_from_json("[1, 2.5, null, \"x\", {\"a\": true}]").items().size(), 5u);
  for (const std::string& bad :
       {std::string("{"), std::string(), cat(std::string(5000, '['), std::string(5000, ']'))}) {
    try {
      value_from_json(bad);
      ADD_FAILURE() << bad.substr(0, 20);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace ridge::chat
