// Conversation to prompt: neutral messages and tools into what a chat template expects of them, and
// its text into tokens. A Prompter is immutable: share it between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/family.h"
#include "chat/message.h"
#include "chat/message_order.h"
#include "chat/tool.h"
#include "text/chat.h"
#include "text/template/value.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::chat {

struct Conversation {
  std::vector<Message> messages;
  std::vector<Tool> tools;
  text::GenerationPrompt prompt = text::GenerationPrompt::kAdd;
  // Further variables of the template: enable_thinking, reasoning_effort, … .
  std::vector<text::DictData::Item> variables;
};

struct Prompt {
  text::Text text;
  std::vector<text::Token> tokens;
  // Numbers of tokens after which a message ends, ascending: the first ones and the last ones,
  // where another conversation is likely to branch off.
  std::vector<int64_t> message_ends;
};

class Prompter {
 public:
  // Tries the template on short conversations to learn what it takes: arguments as objects or as
  // text, tools, messages in which order.
  Prompter(std::shared_ptr<const text::ChatTemplate> chat_template,
           std::shared_ptr<const text::Tokenizer> tokenizer, const Family& family);

  // Throws Error{kInvalidArgument} where the template refuses the conversation.
  text::Text render(const Conversation& conversation) const;
  Prompt prompt(const Conversation& conversation) const;

  const Family& family() const { return family_; }
  bool takes_tools() const { return takes_tools_; }  // else they are described in a system message
  bool reasons() const { return reasons_; }          // it has blocks of reasoning

 private:
  // As the template takes them.
  struct Prepared {
    std::vector<text::Value> messages;
    std::vector<text::DictData::Item> variables;
  };
  // Empty where the template refuses it.
  std::string tried(const Conversation& conversation) const;
  // What an assistant's reasoning is called, tried on one who calls.
  void find_reasoning(const Conversation& called);
  MessageOrder find_order(const Conversation& called) const;
  std::vector<Message> prepared(const Conversation& conversation) const;
  Prepared prepare(const Conversation& conversation) const;
  text::Value message_value(const Message& message) const;
  text::Text render_first(const Prepared& prepared, size_t n_messages,
                          text::GenerationPrompt prompt) const;
  std::vector<int64_t> token_positions(const Prompt& prompt, std::vector<size_t> ends) const;

  std::shared_ptr<const text::ChatTemplate> chat_template_;
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  const Family& family_;
  bool takes_tools_ = false;
  bool takes_calls_ = true;    // else those of the history are told in words
  bool takes_results_ = true;  // of calls, by a role of their own; else users bring them in words
  bool arguments_as_text_ = false;
  std::string_view reasoning_key_ = "reasoning_content";
  bool reasoning_beside_words_ = true;  // … of a message with calls
  MessageOrder order_;
  bool reasons_ = false;
};

// JSON text as a template's value; what a user wrote, nothing trusted. Throws
// Error{kInvalidArgument} for text that is no JSON or nested too deep.
text::Value value_from_json(std::string_view json);

}  // namespace ridge::chat
