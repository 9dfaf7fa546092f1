// From what a person says to the tokens that a model reads: raw text, or a conversation through the
// model's chat template, where nothing that a person wrote can become a control token. Immutable;
// any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/chat.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::cli {

class PromptMaker {
 public:
  // template_file: used in place of the model's own template; empty: that one. Throws
  // Error{kNotFound, kIo, kInvalidFile}.
  PromptMaker(const std::filesystem::path& model, std::shared_ptr<const text::Tokenizer> tokenizer,
              const std::string& template_file);
  ~PromptMaker();

  bool has_template() const;
  // The text as it is, after BOS where the model adds one.
  std::vector<text::Token> raw(std::string_view text) const;
  // The conversation, ready for the assistant's next message. Throws what the template throws.
  std::vector<text::Token> chat(std::span<const text::ChatMessage> messages) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace ridge::cli
