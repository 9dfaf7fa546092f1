#include "cli/prompt.h"

#include <optional>

#include "cli/input.h"
#include "gguf/describe.h"
#include "gguf/file.h"
#include "text/chat.h"

namespace ridge::cli {
namespace {

std::optional<text::ChatTemplate> load_template(const std::filesystem::path& model,
                                                const text::Tokenizer& tokenizer,
                                                const std::string& template_file) {
  const gguf::File file = gguf::File::open(model);
  if (template_file.empty()) {
    if (gguf::chat_template(file).empty()) return std::nullopt;
    return text::ChatTemplate::from_metadata(file.metadata(), tokenizer);
  }
  gguf::Metadata metadata = file.metadata();
  metadata.set(gguf::kChatTemplateKey,
               {.type = gguf::ValueType::kString, .data = read_text_file(template_file)});
  return text::ChatTemplate::from_metadata(metadata, tokenizer);
}

}  // namespace

struct PromptMaker::State {
  std::shared_ptr<const text::Tokenizer> tokenizer;
  std::optional<text::ChatTemplate> chat_template;
};

PromptMaker::PromptMaker(const std::filesystem::path& model,
                         std::shared_ptr<const text::Tokenizer> tokenizer,
                         const std::string& template_file) {
  auto chat_template = load_template(model, *tokenizer, template_file);
  state_ = std::make_unique<const State>(
      State{.tokenizer = std::move(tokenizer), .chat_template = std::move(chat_template)});
}

PromptMaker::~PromptMaker() = default;

bool PromptMaker::has_template() const {
  return state_->chat_template.has_value();
}

std::vector<text::Token> PromptMaker::raw(std::string_view text) const {
  const text::Tokenizer& tokenizer = *state_->tokenizer;
  auto tokens = tokenizer.encode(text, text::SpecialTokens::kAsText);
  if (tokenizer.adds_bos() && tokenizer.bos() >= 0) tokens.insert(tokens.begin(), tokenizer.bos());
  return tokens;
}

std::vector<text::Token> PromptMaker::chat(std::span<const text::ChatMessage> messages) const {
  const text::Text rendered = state_->chat_template->render(messages, text::GenerationPrompt::kAdd);
  return text::encode_chat(*state_->tokenizer, rendered);
}

}  // namespace ridge::cli
