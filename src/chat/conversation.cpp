#include "chat/conversation.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/quote.h"
#include "base/strcat.h"
#include "chat/json_reader.h"

namespace ridge::chat {
namespace {

using text::DictData;
using text::Value;

// Message ends that are looked for: of the first messages, which many conversations share, and of
// the last ones, where the next turn goes on. Each costs a rendering.
constexpr size_t kFirstEnds = 2;
constexpr size_t kLastEnds = 6;

constexpr std::string_view kProbeName = "ridge_probe_name";
constexpr std::string_view kProbeKey = "ridge_probe_key";
constexpr std::string_view kProbeWords = "ridge_probe_words";

Value text_value(std::string_view text) {
  return Value::string(std::string(text));
}

// A key that templates ask for.
DictData::Item item(std::string_view key, Value value) {
  return {Value::string(std::string(key)), std::move(value)};
}

// What a client sent as arguments, mended where it can be; else the text under a name of its own.
std::string valid_arguments(const std::string& arguments) {
  if (arguments.empty()) return "{}";
  JsonReader reader;
  const size_t taken = reader.push(arguments);
  const bool whole = reader.state() == JsonReader::State::kDone &&
                     arguments.find_first_not_of(" \t\r\n", taken) == std::string::npos;
  std::string json = reader.take();
  if (whole && json.starts_with('{') && nlohmann::json::accept(json)) return json;
  return nlohmann::json({{"arguments", arguments}})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_short_id(std::string_view id) {
  return id.size() == 9 && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

// Nine letters and digits, the same for the same id: FNV-1a, in base 36.
std::string short_id(std::string_view id) {
  if (is_short_id(id)) return std::string(id);
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::string out;
  for (int i = 0; i < 9; ++i, hash /= 36) out += "0123456789abcdefghijklmnopqrstuvwxyz"[hash % 36];
  return out;
}

Value tool_value(const Tool& tool) {
  const std::string parameters =
      tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters;
  return Value::dict(
      {item("type", text_value("function")),
       item("function", Value::dict({item("name", text_value(tool.name)),
                                     item("description", text_value(tool.description)),
                                     item("parameters", value_from_json(parameters))}))});
}

// For templates that know no tools.
std::string tool_instructions(const std::vector<Tool>& tools, const Family& family) {
  std::string out =
      "You can call functions. Each line below describes one, its parameters as a JSON Schema:\n";
  for (const Tool& tool : tools) {
    nlohmann::ordered_json line;
    line["name"] = tool.name;
    line["description"] = tool.description;
    const auto parameters = nlohmann::ordered_json::parse(tool.parameters, nullptr, false);
    line["parameters"] = parameters.is_discarded() ? nlohmann::ordered_json::object() : parameters;
    append(out, line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
  return out + "To call one, answer with its name and arguments in this form and nothing else:\n" +
         family.written_call("function name", R"({"parameter": "value"})");
}

// A result in words, for templates that know none.
void say_result(Message& message) {
  if (message.role != "tool") return;
  message.role = "user";
  message.content = cat("<tool_response>\n", message.content, "\n</tool_response>");
}

size_t common_prefix(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return size_t(end - a.begin());
}

// A call in words, for templates that know none. What stands around its name and arguments is the
// family's, and may be control tokens.
text::Text call_in_words(const ToolCall& call, const Family& family) {
  text::Text out;
  out.bytes = family.written_call(call.name, valid_arguments(call.arguments));
  const std::string frame = family.written_call("", "{}");
  const size_t begin = common_prefix(out.bytes, frame);
  const size_t most = std::min(out.bytes.size(), frame.size()) - begin;
  const auto tail =
      std::mismatch(out.bytes.rbegin(), out.bytes.rbegin() + std::ptrdiff_t(most), frame.rbegin());
  const size_t end = out.bytes.size() - size_t(tail.first - out.bytes.rbegin());
  if (begin > 0) out.trusted.push_back({0, begin});
  if (end < out.bytes.size()) out.trusted.push_back({end, out.bytes.size()});
  return out;
}

// What an assistant said and whom it called.
text::Text with_calls_in_words(const Message& message, const Family& family) {
  text::Text out{message.content, {}};
  for (const ToolCall& call : message.calls) {
    if (!out.bytes.empty()) out.bytes += '\n';
    const text::Text words = call_in_words(call, family);
    for (const text::Range& range : words.trusted) {
      out.trusted.push_back({range.begin + out.bytes.size(), range.end + out.bytes.size()});
    }
    out.bytes += words.bytes;
  }
  return out;
}

std::string name_of_call(const std::vector<Message>& messages, const std::string& call_id) {
  for (const Message& message : messages) {
    for (const ToolCall& call : message.calls) {
      if (call.id == call_id) return call.name;
    }
  }
  return {};
}

}  // namespace

Prompter::Prompter(std::shared_ptr<const text::ChatTemplate> chat_template,
                   std::shared_ptr<const text::Tokenizer> tokenizer, const Family& family)
    : chat_template_(std::move(chat_template)), tokenizer_(std::move(tokenizer)), family_(family) {
  const std::string& source = chat_template_->source();
  for (const char* mark :
       {"<think>", "</think>", "[THINK]", "<|channel>thought", "<|channel|>", "<|START_THINKING|>",
        "<|inner_prefix|>", "[BEGIN FINAL RESPONSE]", "<think{}>", "<seed:think>"}) {
    reasons_ = reasons_ || source.find(mark) != std::string::npos;
  }
  const auto shows = [&](const Conversation& conversation, std::string_view wanted) {
    return tried(conversation).find(wanted) != std::string::npos;
  };
  const Message user{.role = "user", .content = "hi"};
  takes_tools_ = true;
  const Tool tool{std::string(kProbeName), "probe", R"({"type":"object","properties":{}})", false};
  takes_tools_ = shows({.messages = {user}, .tools = {tool}}, kProbeName);

  Message calling{.role = "assistant"};
  calling.calls.push_back(
      {"ridge0000", std::string(kProbeName), cat("{\"", kProbeKey, "\": \"x\"}")});
  const Conversation called{
      .messages = {user, calling}, .tools = {tool}, .prompt = text::GenerationPrompt::kNone};
  const bool as_object = shows(called, kProbeKey) && !shows(called, cat("{'", kProbeKey));
  if (!as_object) {
    arguments_as_text_ = true;
    arguments_as_text_ = shows(called, cat("{\"", kProbeKey));
  }
  takes_calls_ = as_object || arguments_as_text_;
  // One that knows no tools writes any role, and its model was not trained on this one.
  const Message result{.role = "tool", .content = std::string(kProbeWords)};
  takes_results_ =
      takes_calls_ || (takes_tools_ && shows({.messages = {user, calling, result}}, kProbeWords));
  find_reasoning(called);
  order_ = find_order(
      {.messages = {user, calling, {.role = "tool", .content = "done"}}, .tools = {tool}});
}

std::string Prompter::tried(const Conversation& conversation) const {
  try {
    return render(conversation).bytes;
  } catch (const Error&) {
    return {};
  }
}

void Prompter::find_reasoning(const Conversation& called) {
  Conversation reasoned = called;
  reasoned.messages.back().reasoning = kProbeWords;
  const auto shows = [&] { return tried(reasoned).find(kProbeWords) != std::string::npos; };
  const std::string_view usual = reasoning_key_;
  for (const std::string_view key :
       {usual, std::string_view("reasoning"), std::string_view("thinking")}) {
    reasoning_key_ = key;
    if (!shows()) continue;
    reasoned.messages.back().content = "words";
    reasoning_beside_words_ = shows();
    return;
  }
  reasoning_key_ = usual;
}

MessageOrder Prompter::find_order(const Conversation& called) const {
  const Message first{.role = "system", .content = std::string(kProbeKey)};
  const Message user{.role = "user", .content = std::string(kProbeKey)};
  // Whether it is said, and after what came before it.
  const auto says_last = [&](Conversation conversation, const char* role) {
    conversation.messages.push_back({.role = role, .content = std::string(kProbeWords)});
    const std::string text = tried(conversation);
    const size_t before = text.find(kProbeKey), last = text.rfind(kProbeWords);
    return before != text.npos && last != text.npos && before < last;
  };
  MessageOrder order;
  order.system = says_last({.messages = {first}}, "user");
  order.more_systems = order.system && says_last({.messages = {user}}, "system") &&
                       says_last({.messages = {first}}, "system");
  order.users_in_a_row = order.system && takes_tools_ && says_last({.messages = {user}}, "user");
  order.user_after_tool = !takes_calls_ || says_last(called, "user");
  return order;
}

std::vector<Message> Prompter::prepared(const Conversation& conversation) const {
  std::vector<Message> messages = conversation.messages;
  for (Message& message : messages) {
    if (message.role == "developer") message.role = "system";
    if (message.role == "tool" && message.tool_name.empty()) {
      message.tool_name = name_of_call(messages, message.call_id);
    }
  }
  if (!takes_results_) std::for_each(messages.begin(), messages.end(), say_result);
  if (!takes_tools_) {
    if (!conversation.tools.empty()) {
      if (messages.empty() || messages[0].role != "system") {
        messages.insert(messages.begin(), Message{.role = "system", .content = {}});
      }
      join(messages[0].content, tool_instructions(conversation.tools, family_));
    }
  }
  return in_order(std::move(messages), order_);
}

Value Prompter::message_value(const Message& message) const {
  const bool in_words = !takes_calls_ && !message.calls.empty();
  Value content =
      in_words ? Value::string(with_calls_in_words(message, family_)) : text_value(message.content);
  std::vector<DictData::Item> items = {item("role", text_value(message.role)),
                                       item("content", std::move(content))};
  const bool reasons = reasoning_beside_words_ || message.content.empty() || message.calls.empty();
  if (!message.reasoning.empty() && reasons) {
    items.push_back(item(reasoning_key_, text_value(message.reasoning)));
  }
  const bool short_ids = family_.name().starts_with("mistral");
  const auto id = [&](const std::string& given) {
    return text_value(short_ids ? short_id(given) : given);
  };
  if (!message.calls.empty() && takes_calls_) {
    std::vector<Value> calls;
    for (const ToolCall& call : message.calls) {
      const std::string arguments = valid_arguments(call.arguments);
      Value value = arguments_as_text_ ? text_value(arguments) : value_from_json(arguments);
      calls.push_back(
          Value::dict({item("id", id(call.id)), item("type", text_value("function")),
                       item("function", Value::dict({item("name", text_value(call.name)),
                                                     item("arguments", std::move(value))}))}));
    }
    items.push_back(item("tool_calls", Value::list(std::move(calls))));
  }
  if (message.role == "tool") {
    items.push_back(item("tool_call_id", id(message.call_id)));
    if (!message.tool_name.empty()) items.push_back(item("name", text_value(message.tool_name)));
  }
  return Value::dict(std::move(items));
}

text::Text Prompter::render_first(const Prepared& prepared, size_t n_messages,
                                  text::GenerationPrompt prompt) const {
  std::vector<DictData::Item> variables = prepared.variables;
  std::vector<Value> messages(prepared.messages.begin(),
                              prepared.messages.begin() + std::ptrdiff_t(n_messages));
  variables.push_back(item("messages", Value::list(std::move(messages))));
  variables.push_back(item("add_generation_prompt", Value(prompt == text::GenerationPrompt::kAdd)));
  return chat_template_->render(std::move(variables));
}

Prompter::Prepared Prompter::prepare(const Conversation& conversation) const {
  Prepared out;
  out.variables = conversation.variables;
  for (const Message& message : prepared(conversation)) {
    out.messages.push_back(message_value(message));
  }
  if (takes_tools_ && !conversation.tools.empty()) {
    std::vector<Value> tools;
    for (const Tool& tool : conversation.tools) tools.push_back(tool_value(tool));
    out.variables.push_back(item("tools", Value::list(std::move(tools))));
  }
  return out;
}

text::Text Prompter::render(const Conversation& conversation) const {
  const Prepared prepared = prepare(conversation);
  return render_first(prepared, prepared.messages.size(), conversation.prompt);
}

Prompt Prompter::prompt(const Conversation& conversation) const {
  const Prepared prepared = prepare(conversation);
  const size_t n = prepared.messages.size();
  Prompt out;
  out.text = render_first(prepared, n, conversation.prompt);
  out.tokens = text::encode_chat(*tokenizer_, out.text);
  std::vector<size_t> ends;  // in bytes
  for (size_t k = 1; k <= n; ++k) {
    if (k > kFirstEnds && k + kLastEnds <= n) continue;
    try {
      const text::Text first = render_first(prepared, k, text::GenerationPrompt::kNone);
      ends.push_back(common_prefix(first.bytes, out.text.bytes));
    } catch (const Error&) {
      // A template that wants an answer after a question: no end to be found there.
    }
  }
  out.message_ends = token_positions(out, std::move(ends));
  return out;
}

// Tokens that lie wholly before these bytes. A token that a SentencePiece vocabulary puts a blank
// into counts a byte too many, which makes a position early and never late.
std::vector<int64_t> Prompter::token_positions(const Prompt& prompt,
                                               std::vector<size_t> ends) const {
  std::sort(ends.begin(), ends.end());
  std::vector<int64_t> out;
  size_t bytes = 0;
  size_t next = 0;
  for (size_t i = 0; i < prompt.tokens.size() && next < ends.size(); ++i) {
    const std::string piece = tokenizer_->piece(prompt.tokens[i], text::SpecialTokens::kParse);
    const bool added = i == 0 && prompt.tokens[i] == tokenizer_->bos() &&
                       !std::string_view(prompt.text.bytes).starts_with(piece);
    bytes += added ? 0 : piece.size();
    for (; next < ends.size() && ends[next] < bytes; ++next) out.push_back(int64_t(i));
  }
  for (; next < ends.size(); ++next) out.push_back(int64_t(prompt.tokens.size()));
  out.erase(std::unique(out.begin(), out.end()), out.end());
  out.erase(std::remove(out.begin(), out.end(), 0), out.end());
  return out;
}

}  // namespace ridge::chat
