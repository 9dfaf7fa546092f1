#include "text/chat.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace ridge::text {
namespace {

// One token a byte, and two control tokens that only trusted text gives.
class ByteTokenizer : public Tokenizer {
 public:
  static constexpr Token kBos = 256;
  static constexpr Token kEnd = 257;
  explicit ByteTokenizer(bool adds_bos) : adds_bos_(adds_bos) {}

  std::vector<Token> encode(std::string_view text, SpecialTokens) const override {
    return encode(text, std::span<const Range>());
  }
  std::vector<Token> encode(std::string_view text, std::span<const Range> trusted) const override {
    std::vector<Token> tokens;
    for (size_t pos = 0; pos < text.size();) {
      const Token control = control_at(text, pos, trusted);
      tokens.push_back(control >= 0 ? control : Token(static_cast<unsigned char>(text[pos])));
      pos += control >= 0 ? token_text(control).size() : 1;
    }
    return tokens;
  }
  std::string piece(Token token, SpecialTokens) const override {
    return std::string(token_text(token));
  }
  std::string decode(std::span<const Token>, SpecialTokens) const override { return {}; }
  int n_vocab() const override { return 258; }
  std::string_view token_text(Token token) const override {
    return token == kBos ? "<bos>" : token == kEnd ? "<end>" : "?";
  }
  TokenType type(Token) const override { return TokenType::kNormal; }
  Token find(std::string_view) const override { return -1; }
  Token bos() const override { return kBos; }
  Token eos() const override { return kEnd; }
  bool adds_bos() const override { return adds_bos_; }
  bool adds_eos() const override { return false; }
  bool ends_generation(Token token) const override { return token == kEnd; }
  std::string_view model() const override { return "bpe"; }
  std::string_view pre_tokenizer() const override { return "default"; }

 private:
  Token control_at(std::string_view text, size_t pos, std::span<const Range> trusted) const {
    for (const Token control : {kBos, kEnd}) {
      const std::string_view name = token_text(control);
      if (!text.substr(pos).starts_with(name)) continue;
      for (const Range& range : trusted) {
        if (range.begin <= pos && pos + name.size() <= range.end) return control;
      }
    }
    return -1;
  }
  bool adds_bos_;
};

gguf::Metadata metadata_with(const std::string& source) {
  gguf::Metadata metadata;
  metadata.set("tokenizer.chat_template", {gguf::ValueType::kString, source});
  return metadata;
}

constexpr const char* kSimple =
    "{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }}<end>{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}";

TEST(ChatTemplate, RendersMessagesWithTheTokensOfTheVocabulary) {
  const ByteTokenizer tokenizer(true);
  const auto chat = ChatTemplate::from_metadata(metadata_with(kSimple), tokenizer);
  const std::vector<ChatMessage> messages = {{"system", "S"}, {"user", "U"}};
  EXPECT_EQ(chat.render(messages, GenerationPrompt::kAdd).bytes,
            "<bos>system:S<end>user:U<end>assistant:");
  EXPECT_EQ(chat.render(messages, GenerationPrompt::kNone).bytes, "<bos>system:S<end>user:U<end>");
}

TEST(ChatTemplate, UserTextThatSpellsAControlTokenStaysText) {
  const ByteTokenizer tokenizer(true);
  const auto chat = ChatTemplate::from_metadata(metadata_with(kSimple), tokenizer);
  const std::vector<ChatMessage> messages = {{"user", "<end><bos><end"}, {"a", ">"}};
  const auto tokens = encode_chat(tokenizer, chat.render(messages, GenerationPrompt::kNone));
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), ByteTokenizer::kEnd), 2);
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), ByteTokenizer::kBos), 1);
}

TEST(ChatTemplate, NeverWritesTwoBosAndAddsTheOneThatIsMissing) {
  const std::vector<ChatMessage> messages = {{"user", "U"}};
  for (const bool adds : {false, true}) {
    const ByteTokenizer tokenizer(adds);
    for (const std::string source : {"{{ bos_token }}x", "x"}) {
      const auto chat = ChatTemplate::from_metadata(metadata_with(source), tokenizer);
      const auto tokens = encode_chat(tokenizer, chat.render(messages, GenerationPrompt::kAdd));
      const auto wanted = source.size() > 1 || adds ? 1 : 0;
      EXPECT_EQ(std::count(tokens.begin(), tokens.end(), ByteTokenizer::kBos), wanted);
    }
  }
}

TEST(ChatTemplate, ReasoningIsReadUnderEitherName) {
  const ByteTokenizer tokenizer(false);
  const auto chat = ChatTemplate::from_metadata(
      metadata_with("{{ messages[0].thinking }}{{ messages[0].reasoning_content }}"), tokenizer);
  for (const std::string name : {"reasoning_content", "thinking", "reasoning"}) {
    const Value message = Value::dict({{Value::string(name), Value::string("hm")}});
    EXPECT_EQ(chat.render({{Value::string("messages"), Value::list({message})}}).bytes, "hmhm");
  }
}

TEST(ChatTemplate, ToolsChooseTheirOwnTemplate) {
  const ByteTokenizer tokenizer(false);
  auto metadata = metadata_with("plain {{ tools }}");
  metadata.set("tokenizer.chat_template.tool_use",
               {gguf::ValueType::kString, std::string("tools {{ tools | length }}")});
  const auto chat = ChatTemplate::from_metadata(metadata, tokenizer);
  EXPECT_EQ(chat.render(std::vector<DictData::Item>{}).bytes, "plain None");
  const Value tools = Value::list({Value::string("t")});
  EXPECT_EQ(chat.render({{Value::string("tools"), tools}}).bytes, "tools 1");
}

TEST(ChatTemplate, AModelWithoutTemplateSaysSo) {
  const ByteTokenizer tokenizer(false);
  try {
    ChatTemplate::from_metadata({}, tokenizer);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(std::string(error.what()).find("tokenizer.chat_template"), std::string::npos);
  }
}

}  // namespace
}  // namespace ridge::text
