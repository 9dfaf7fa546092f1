#include "text/chat.h"

#include <array>
#include <limits>
#include <utility>

#include "base/error.h"

namespace ridge::text {
namespace {

// The names under which a message's reasoning comes; the first is the standard one.
constexpr std::array<std::string_view, 3> kReasoning = {"reasoning_content", "thinking",
                                                        "reasoning"};

const Value* find_reasoning(const DictData& message) {
  for (const std::string_view name : kReasoning) {
    const Value* found = message.find(name);
    if (found && !found->is(Kind::kNone)) return found;
  }
  return nullptr;
}

// {"thinking": r, **message, "reasoning_content": r}: a template may read either name.
Value with_reasoning(const Value& message) {
  if (!message.is(Kind::kDict)) return message;
  const Value* reasoning = find_reasoning(message.dict());
  if (!reasoning) return message;
  std::vector<DictData::Item> items = {{Value::string("thinking"), *reasoning}};
  const auto& given = message.dict().items();
  items.insert(items.end(), given.begin(), given.end());
  items.emplace_back(Value::string("reasoning_content"), *reasoning);
  return Value::dict(std::move(items));
}

Value with_reasoning_everywhere(const Value& messages) {
  if (!messages.is(Kind::kList)) return messages;
  std::vector<Value> out;
  for (const Value& message : messages.items()) out.push_back(with_reasoning(message));
  return Value::list(std::move(out));
}

void add_token(std::vector<DictData::Item>& variables, const Tokenizer& tokenizer,
               std::string_view name, std::optional<int64_t> token) {
  if (!token || *token < 0 || *token >= tokenizer.n_vocab()) return;
  variables.emplace_back(Value::trusted(std::string(name)),
                         Value::trusted(std::string(tokenizer.token_text(Token(*token)))));
}

bool has_tools(const Value& variables) {
  const Value* tools = variables.dict().find("tools");
  return tools && tools->is(Kind::kList) && !tools->items().empty();
}

}  // namespace

ChatTemplate ChatTemplate::from_source(std::string_view source) {
  return ChatTemplate(Template::parse(source), std::string(source));
}

ChatTemplate ChatTemplate::from_metadata(const gguf::Metadata& metadata,
                                         const Tokenizer& tokenizer) {
  const auto source = metadata.get_string("tokenizer.chat_template");
  if (!source) {
    fail(
        ErrorCode::kNotFound,
        "the model has no chat template (key tokenizer.chat_template): it is a base model, use raw "
        "prompts");
  }
  ChatTemplate out = from_source(*source);
  if (const auto tools = metadata.get_string("tokenizer.chat_template.tool_use")) {
    out.with_tools_ = Template::parse(*tools);
    out.source_ = *tools;
  }
  add_token(out.token_variables_, tokenizer, "bos_token", tokenizer.bos());
  add_token(out.token_variables_, tokenizer, "eos_token", tokenizer.eos());
  add_token(out.token_variables_, tokenizer, "unk_token",
            metadata.get_int("tokenizer.ggml.unknown_token_id"));
  add_token(out.token_variables_, tokenizer, "pad_token",
            metadata.get_int("tokenizer.ggml.padding_token_id"));
  return out;
}

Text ChatTemplate::render(std::vector<DictData::Item> variables,
                          const RenderOptions& options) const {
  std::vector<DictData::Item> all = token_variables_;
  all.emplace_back(Value::string("tools"), Value::none());
  all.emplace_back(Value::string("documents"), Value::none());
  all.emplace_back(Value::string("add_generation_prompt"), Value(false));
  for (auto& [name, value] : variables) {
    const bool is_messages = name.is(Kind::kString) && name.bytes() == "messages";
    all.emplace_back(std::move(name), is_messages ? with_reasoning_everywhere(value) : value);
  }
  const Value globals = Value::dict(std::move(all));
  const bool tools = with_tools_ && has_tools(globals);
  return (tools ? *with_tools_ : plain_).render(globals, options);
}

Text ChatTemplate::render(std::span<const ChatMessage> messages, GenerationPrompt prompt) const {
  std::vector<Value> items;
  for (const ChatMessage& message : messages) {
    items.push_back(Value::dict({{Value::string("role"), Value::string(message.role)},
                                 {Value::string("content"), Value::string(message.content)}}));
  }
  return render(
      {{Value::string("messages"), Value::list(std::move(items))},
       {Value::string("add_generation_prompt"), Value(prompt == GenerationPrompt::kAdd)}});
}

std::vector<Token> encode_chat(const Tokenizer& tokenizer, const Text& text) {
  std::vector<Token> tokens = tokenizer.encode(text.bytes, text.trusted);
  const Token bos = tokenizer.bos();
  const bool wanted = tokenizer.adds_bos() && bos >= 0;
  if (wanted && (tokens.empty() || tokens[0] != bos)) tokens.insert(tokens.begin(), bos);
  return tokens;
}

}  // namespace ridge::text
