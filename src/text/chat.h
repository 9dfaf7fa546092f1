// A model's chat template together with the special tokens it may use: messages to text to tokens.
// Immutable: share one between threads.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gguf/metadata.h"
#include "text/template/template.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::text {

struct ChatMessage {
  std::string role;
  std::string content;
};

enum class GenerationPrompt {
  kAdd,  // the text ends where the assistant begins to speak
  kNone,
};

class ChatTemplate {
 public:
  // Takes tokenizer.chat_template and, for requests with tools, tokenizer.chat_template.tool_use.
  // Throws Error{kNotFound} when the file has no template, and as Template::parse does.
  static ChatTemplate from_metadata(const gguf::Metadata& metadata, const Tokenizer& tokenizer);
  // A template by itself, without any token's spelling.
  static ChatTemplate from_source(std::string_view source);

  // variables: `messages`, `tools`, `add_generation_prompt`, … . Absent `tools` and `documents` are
  // none and the names of reasoning are made alike, as `transformers` has it. Throws as
  // Template::render does.
  Text render(std::vector<DictData::Item> variables, const RenderOptions& options = {}) const;
  Text render(std::span<const ChatMessage> messages, GenerationPrompt prompt) const;

  // bos_token, eos_token, … as the vocabulary spells them; trusted.
  const std::vector<DictData::Item>& token_variables() const { return token_variables_; }
  const Template& plain() const { return plain_; }
  // The text of the template that requests with tools go through.
  const std::string& source() const { return source_; }

 private:
  ChatTemplate(Template plain, std::string source)
      : plain_(std::move(plain)), source_(std::move(source)) {}
  Template plain_;
  std::string source_;
  std::optional<Template> with_tools_;
  std::vector<DictData::Item> token_variables_;
};

// Control tokens come about only where the template wrote them. A BOS is put in front where the
// tokenizer wants one and the template has not written it itself.
std::vector<Token> encode_chat(const Tokenizer& tokenizer, const Text& text);

}  // namespace ridge::text
