#include <algorithm>

#include "base/quote.h"
#include "server/anthropic/messages.h"
#include "server/sampling_fields.h"

namespace ridge::server {
namespace {

constexpr int64_t kMostAnswerTokens = int64_t{1} << 30;

[[noreturn]] void refuse_block(const std::string& where, const std::string& type) {
  refuse_field(where,
               cat("this model reads text only, and this block is of type ", in_quotes(type)));
}

// A document given as text is text; a file of another kind cannot be read.
std::string document_text(Fields& block, const std::string& where) {
  Fields source(block.required("source"), where + ".source");
  const std::string type = source.required_string("type");
  if (type == "text") return source.required_string("data");
  if (type == "content") {
    const Json& content = source.required("content");
    if (content.is_string()) return content.get<std::string>();
  }
  refuse_block(where, "document of " + type);
}

// A tool that a search found, as Claude Code's search says that it shows them.
std::string found_tool(const std::string& name, const std::vector<chat::Tool>& tools) {
  const auto tool = std::ranges::find(tools, name, &chat::Tool::name);
  if (tool == tools.end()) return cat("There is no tool ", in_quotes(name, 48), ".");
  const Json shown{{"description", tool->description},
                   {"name", tool->name},
                   {"parameters", Json::parse(tool->parameters)}};
  return cat("<function>", dump(shown), "</function>");
}

// What a tool said: text, or blocks of which pictures are replaced by words.
std::string result_text(const Json& content, const std::string& where,
                        const std::vector<chat::Tool>& tools, std::vector<std::string>& notes) {
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) refuse_field(where, "a text or a list of blocks is wanted");
  std::string text;
  for (size_t i = 0; i < content.size(); ++i) {
    const std::string place = cat(where, "[", i, "]");
    Fields block(content[i], place);
    const std::string type = block.required_string("type");
    if (type == "text") {
      append(text, cat(text.empty() ? "" : "\n", block.required_string("text")));
    } else if (type == "tool_reference") {
      append(text,
             cat(text.empty() ? "" : "\n", found_tool(block.required_string("tool_name"), tools)));
    } else {
      append(text,
             cat(text.empty() ? "" : "\n", "[", type, " omitted: this model reads text only]"));
      notes.push_back(cat(place, " of type ", in_quotes(type, 32), " replaced by words"));
    }
  }
  return text;
}

// One message of the API may be several of a conversation: results of tools come before the text.
class MessageReader {
 public:
  // tools: that a search may have found.
  MessageReader(Call& call, const std::vector<chat::Tool>& tools, std::vector<chat::Message>& out)
      : call_(call), tools_(tools), out_(out) {}

  void read(const Json& message, const std::string& where) {
    Fields fields(message, where);
    const std::string role = fields.required_string("role");
    if (role != "user" && role != "assistant" && role != "system") {
      refuse_field(fields.path("role"),
                   cat("user or assistant is wanted, and this is ", in_quotes(role)));
    }
    message_ = {.role = role};
    has_results_ = false;
    const Json& content = fields.required("content");
    if (content.is_string()) {
      message_.content = content.get<std::string>();
    } else {
      read_blocks(content, fields.path("content"));
    }
    const bool says_something =
        !message_.content.empty() || !message_.calls.empty() || !message_.reasoning.empty();
    if (says_something || !has_results_) out_.push_back(std::move(message_));
  }

 private:
  void read_blocks(const Json& blocks, const std::string& where) {
    if (!blocks.is_array()) {
      refuse_field(where,
                   cat("a text or a list of blocks is wanted, and this is ", describe(blocks)));
    }
    for (size_t i = 0; i < blocks.size(); ++i) read_block(blocks[i], cat(where, "[", i, "]"));
  }

  void read_block(const Json& json, const std::string& where) {
    Fields block(json, where);
    const std::string type = block.required_string("type");
    if (type == "text") {
      add_text(block.required_string("text"));
    } else if (type == "thinking") {
      append(message_.reasoning, block.string("thinking").value_or(""));
    } else if (type == "tool_use") {
      const Json* input = block.find("input");
      message_.calls.push_back({.id = block.string("id").value_or(""),
                                .name = block.required_string("name"),
                                .arguments = input == nullptr ? "{}" : dump(*input)});
    } else if (type == "tool_result") {
      read_result(block, where);
    } else if (type == "document") {
      add_text(document_text(block, where));
    } else if (type == "image") {
      refuse_block(where, type);
    } else {
      call_.note(cat(where, " of type ", in_quotes(type, 32), " left out"));
    }
  }

  void read_result(Fields& block, const std::string& where) {
    chat::Message result{.role = "tool"};
    result.call_id = block.string("tool_use_id").value_or("");
    if (const Json* content = block.find("content")) {
      result.content = result_text(*content, where + ".content", tools_, call_.notes);
    }
    if (block.boolean("is_error").value_or(false)) result.content = "Error: " + result.content;
    has_results_ = true;
    out_.push_back(std::move(result));
  }

  void add_text(const std::string& text) {
    append(message_.content, cat(message_.content.empty() ? "" : "\n", text));
  }

  Call& call_;
  const std::vector<chat::Tool>& tools_;
  std::vector<chat::Message>& out_;
  chat::Message message_;
  bool has_results_ = false;
};

void read_system(Fields& fields, std::vector<chat::Message>& out) {
  const Json* system = fields.find("system");
  if (system == nullptr) return;
  std::string text;
  if (system->is_string()) {
    text = without_billing_line(system->get<std::string>());
  } else if (system->is_array()) {
    for (size_t i = 0; i < system->size(); ++i) {
      Fields block((*system)[i], cat("system[", i, "]"));
      if (block.required_string("type") != "text")
        refuse_field(block.path("type"), "text is wanted");
      const std::string part = without_billing_line(block.required_string("text"));
      if (!part.empty()) append(text, cat(text.empty() ? "" : "\n", part));
    }
  } else {
    refuse_field("system", "a text or a list of blocks is wanted");
  }
  if (!text.empty()) out.push_back({.role = "system", .content = std::move(text)});
}

// Tools that are to be searched for first may be called like all others, but the prompt does not
// begin with them: it stays as it was read when one more is found.
void read_tools(Fields& fields, Call& call, AnswerRequest& request) {
  const Json* tools = fields.find("tools");
  if (tools == nullptr) return;
  if (!tools->is_array()) refuse_field("tools", "a list is wanted");
  for (size_t i = 0; i < tools->size(); ++i) {
    Fields tool((*tools)[i], cat("tools[", i, "]"));
    const std::string type = tool.string("type").value_or("custom");
    const std::string name = tool.required_string("name");
    const Json* schema = tool.find("input_schema");
    if (type != "custom" && schema == nullptr) {  // run by Anthropic's servers, or known to them
      call.note(
          cat("the tool ", in_quotes(name, 48), " of type ", in_quotes(type, 48), " left out"));
      continue;
    }
    if (schema == nullptr) refuse_field(tool.path("input_schema"), "it is required");
    request.rules.tools.push_back({.name = name,
                                   .description = tool.string("description").value_or(""),
                                   .parameters = dump(*schema),
                                   .strict = tool.boolean("strict").value_or(false)});
    if (tool.boolean("defer_loading").value_or(false)) continue;
    request.conversation.tools.push_back(request.rules.tools.back());
  }
}

void read_choice(Fields& fields, AnswerRequest& request) {
  const Json* choice = fields.find("tool_choice");
  if (choice == nullptr) return;
  Fields how(*choice, "tool_choice");
  const std::string type = how.required_string("type");
  auto& rules = request.rules;
  if (how.boolean("disable_parallel_tool_use").value_or(false)) {
    rules.parallel = chat::ParallelCalls::kOneAtMost;
  }
  if (type == "auto") return;
  if (type == "none") {
    rules.choice = chat::ToolChoice::kNone;
    return;
  }
  if (rules.tools.empty())
    refuse_field("tool_choice", "a call is required, and there are no tools");
  if (type == "any") {
    rules.choice = chat::ToolChoice::kRequired;
    return;
  }
  if (type != "tool") {
    refuse_field("tool_choice.type",
                 cat("auto, any, tool or none is wanted, and this is ", in_quotes(type)));
  }
  rules.choice = chat::ToolChoice::kNamed;
  rules.named = how.required_string("name");
  const bool known = std::any_of(rules.tools.begin(), rules.tools.end(),
                                 [&](const chat::Tool& tool) { return tool.name == rules.named; });
  if (!known) refuse_field("tool_choice.name", cat("there is no tool ", in_quotes(rules.named)));
}

// Without `thinking` the API does not think.
void read_thinking(Fields& fields, AnswerRequest& request) {
  bool thinks = false;
  if (const Json* thinking = fields.find("thinking")) {
    Fields how(*thinking, "thinking");
    thinks = how.required_string("type") != "disabled";
  }
  request.conversation.variables.emplace_back(text::Value::trusted("enable_thinking"),
                                              text::Value(thinks));
}

// Structured output: {"format": {"type": "json_schema", "schema": …}}, once with a name of its own.
void read_output_format(Fields& fields, AnswerRequest& request) {
  const Json* format = fields.find("output_format");
  if (const Json* config = fields.find("output_config")) {
    Fields inner(*config, "output_config");
    inner.find("effort");
    if (const Json* newer = inner.find("format")) format = newer;
  }
  if (format == nullptr) return;
  Fields how(*format, "output_format");
  if (how.required_string("type") != "json_schema") {
    refuse_field("output_format.type", "json_schema is wanted");
  }
  request.rules.format = grammar::JsonSchema{.schema = dump(how.required("schema")),
                                             .extras = grammar::Extras::kNever};
}

}  // namespace

std::string without_billing_line(std::string text) {
  constexpr std::string_view kBilling = "x-anthropic-billing-header:";
  if (!text.starts_with(kBilling)) return text;
  const size_t end = text.find('\n');
  return end == std::string::npos ? std::string() : text.substr(end + 1);
}

AnswerRequest read_messages_request(const Json& body, MessagesPurpose purpose, Call& call,
                                    MessagesOptions& options) {
  Fields fields(body);
  AnswerRequest request;
  request.sampling.temperature = 1;
  fields.string("model");
  read_system(fields, request.conversation.messages);
  const Json& messages = fields.required("messages");
  if (!messages.is_array() || messages.empty()) refuse_field("messages", "at least one is wanted");
  read_tools(fields, call, request);
  MessageReader reader(call, request.rules.tools, request.conversation.messages);
  for (size_t i = 0; i < messages.size(); ++i) reader.read(messages[i], cat("messages[", i, "]"));
  read_choice(fields, request);
  read_thinking(fields, request);
  read_output_format(fields, request);
  if (purpose == MessagesPurpose::kAnswer) {
    const auto most = fields.integer("max_tokens", 1, kMostAnswerTokens);
    if (!most) refuse_field("max_tokens", "it is required");
    request.max_tokens = *most;
  }
  request.stops = fields.strings("stop_sequences", 64);
  std::erase(request.stops, "");
  read_sampling(fields, request);
  options.stream = fields.boolean("stream").value_or(false);
  fields.accept({"metadata", "service_tier", "container", "context_management", "inference_geo",
                 "speed", "betas", "cache_control", "diagnostics"});
  fields.refuse("mcp_servers", "this server calls no other servers");
  call.note_unused(fields);
  return request;
}

}  // namespace ridge::server
