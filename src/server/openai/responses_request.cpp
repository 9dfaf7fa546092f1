#include <algorithm>
#include <array>

#include "base/quote.h"
#include "server/base64.h"
#include "server/openai/messages.h"
#include "server/openai/responses.h"
#include "server/openai/tools.h"
#include "server/sampling_fields.h"

namespace ridge::server {
namespace {

constexpr std::string_view kSeal = "ridge1:";
constexpr int64_t kMostOutputTokens = int64_t{1} << 30;

// The items of the input as messages: what an assistant thought, said and called in one turn is one
// message.
class ItemReader {
 public:
  ItemReader(Call& call, std::vector<chat::Message>& out) : call_(call), out_(out) {}

  void read(const Json& json, const std::string& where) {
    Fields item(json, where);
    const std::string type = item.string("type").value_or("message");
    if (type == "message") {
      read_message(item, where);
    } else if (type == "reasoning") {
      read_reasoning(item);
    } else if (type == "function_call") {
      add_call(item, item.string("arguments").value_or("{}"));
    } else if (type == "custom_tool_call") {
      add_call(item, dump(Json{{"input", item.string("input").value_or("")}}));
    } else if (type == "function_call_output" || type == "custom_tool_call_output") {
      read_output(item);
    } else if (type == "item_reference") {
      refuse_field(where, "this server keeps no items; send them whole");
    } else {
      call_.note(cat(where, " of type ", in_quotes(type, 48), " left out"));
    }
  }

 private:
  void read_message(Fields& item, const std::string& where) {
    const std::string role = item.required_string("role");
    constexpr std::array<std::string_view, 4> kSpeakers{"user", "assistant", "system", "developer"};
    if (std::find(kSpeakers.begin(), kSpeakers.end(), role) == kSpeakers.end()) {
      refuse_field(item.path("role"), cat("user, assistant, system or developer is wanted, and "
                                          "this is ",
                                          in_quotes(role)));
    }
    std::string content =
        text_content(item.required("content"), where + ".content", Pictures::kRefused, call_.notes);
    if (role == "assistant") {
      chat::Message& turn = assistant();
      append(turn.content, cat(turn.content.empty() ? "" : "\n", content));
    } else {
      out_.push_back({.role = role, .content = std::move(content)});
    }
  }

  void read_reasoning(Fields& item) {
    std::string text;
    if (const auto sealed = item.string("encrypted_content")) text = open_reasoning(*sealed);
    for (const std::string_view key : {"content", "summary"}) {
      const Json* parts = item.find(key);
      if (text.empty() && parts != nullptr) {
        text = text_content(*parts, item.path(key), Pictures::kReplaced, call_.notes);
      }
    }
    if (!text.empty()) append(assistant().reasoning, text);
  }

  void add_call(Fields& item, std::string arguments) {
    assistant().calls.push_back({.id = item.string("call_id").value_or(""),
                                 .name = item.required_string("name"),
                                 .arguments = std::move(arguments)});
  }

  void read_output(Fields& item) {
    chat::Message result{.role = "tool"};
    result.call_id = item.string("call_id").value_or("");
    result.content = text_content(item.required("output"), item.path("output"), Pictures::kReplaced,
                                  call_.notes);
    out_.push_back(std::move(result));
  }

  chat::Message& assistant() {
    if (out_.empty() || out_.back().role != "assistant") out_.push_back({.role = "assistant"});
    return out_.back();
  }

  Call& call_;
  std::vector<chat::Message>& out_;
};

void read_input(Fields& fields, Call& call, AnswerRequest& request) {
  auto& messages = request.conversation.messages;
  if (const auto instructions = fields.string("instructions");
      instructions && !instructions->empty()) {
    messages.push_back({.role = "system", .content = *instructions});
  }
  const Json* input = fields.find("input");
  if (input != nullptr && input->is_array() && !input->empty()) {
    ItemReader reader(call, messages);
    for (size_t i = 0; i < input->size(); ++i) reader.read((*input)[i], cat("input[", i, "]"));
  } else if (input != nullptr && !input->is_string() && !input->is_array()) {
    refuse_field("input",
                 cat("a text or a list of items is wanted, and this is ", describe(*input)));
  } else {  // an empty one is how some clients see whether the model is there
    const bool is_text = input != nullptr && input->is_string();
    messages.push_back({.role = "user", .content = is_text ? input->get<std::string>() : ""});
  }
  if (messages.empty()) messages.push_back({.role = "user"});
}

// Text in, text out: for the model a function of one argument.
chat::Tool custom_tool(Fields& tool) {
  Json input{{"type", "string"}, {"description", "The text that the tool gets, as it is."}};
  std::string description = tool.string("description").value_or("");
  if (const Json* format = tool.find("format");
      format != nullptr && format->contains("definition")) {
    append(description,
           cat("\nThe input follows this grammar:\n",
               Fields(*format, tool.path("format")).string("definition").value_or("")));
  }
  return {.name = tool.required_string("name"),
          .description = std::move(description),
          .parameters = dump(Json{{"type", "object"},
                                  {"properties", {{"input", std::move(input)}}},
                                  {"required", Json::array({"input"})}})};
}

chat::Tool function_tool(Fields& tool) {
  const Json* parameters = tool.find("parameters");
  return {.name = tool.required_string("name"),
          .description = tool.string("description").value_or(""),
          .parameters = parameters == nullptr ? "" : dump(*parameters),
          .strict = tool.boolean("strict").value_or(false)};
}

void read_tool(const Json& json, const std::string& where, const std::string& space, Call& call,
               AnswerRequest& request, ResponsesOptions& options) {
  Fields tool(json, where);
  const std::string type = tool.required_string("type");
  const bool is_custom = type == "custom";
  if (type == "namespace") {
    const std::string name = tool.string("name").value_or("");
    const Json& tools = tool.required("tools");
    if (!tools.is_array()) refuse_field(tool.path("tools"), "a list is wanted");
    for (size_t i = 0; i < tools.size(); ++i) {
      read_tool(tools[i], cat(where, ".tools[", i, "]"), name, call, request, options);
    }
  } else if (is_custom || type == "function") {
    request.conversation.tools.push_back(is_custom ? custom_tool(tool) : function_tool(tool));
    options.tools[request.conversation.tools.back().name] = {.is_custom = is_custom,
                                                             .space = space};
  } else {  // searches and shells that OpenAI runs
    call.note(cat(where, " of type ", in_quotes(type, 48), " left out"));
  }
}

void read_responses_tools(Fields& fields, Call& call, AnswerRequest& request,
                          ResponsesOptions& options) {
  if (const Json* tools = fields.find("tools")) {
    if (!tools->is_array()) refuse_field("tools", "a list is wanted");
    for (size_t i = 0; i < tools->size(); ++i) {
      read_tool((*tools)[i], cat("tools[", i, "]"), "", call, request, options);
    }
    request.rules.tools = request.conversation.tools;
  }
  read_tool_choice(fields, request);
  if (!fields.boolean("parallel_tool_calls").value_or(true)) {
    request.rules.parallel = chat::ParallelCalls::kOneAtMost;
  }
}

void read_reasoning_options(Fields& fields, AnswerRequest& request, ResponsesOptions& options) {
  const Json* reasoning = fields.find("reasoning");
  if (reasoning == nullptr) return;
  Fields how(*reasoning, "reasoning");
  options.summarises = how.string("summary").value_or("none") != "none";
  how.accept({"generate_summary"});
  if (const auto effort = how.string("effort")) {
    auto& variables = request.conversation.variables;
    variables.emplace_back(text::Value::trusted("reasoning_effort"), text::Value::string(*effort));
    if (*effort == "none") {
      variables.emplace_back(text::Value::trusted("enable_thinking"), text::Value(false));
    }
  }
}

void refuse_memory(Fields& fields) {
  constexpr std::string_view kWhy = "this server keeps no conversations; send the whole input";
  fields.refuse("previous_response_id", kWhy);
  fields.refuse("conversation", kWhy);
  fields.refuse("prompt", "this server keeps no prompts");
  if (fields.boolean("background").value_or(false)) {
    refuse_field("background", "this server answers while the client waits");
  }
}

}  // namespace

std::string seal_reasoning(const std::string& text) {
  return cat(kSeal, base64_encode(text));
}

std::string open_reasoning(std::string_view sealed) {
  if (!sealed.starts_with(kSeal)) return {};
  return base64_decode(sealed.substr(kSeal.size())).value_or("");
}

AnswerRequest read_responses_request(const Json& body, Call& call, ResponsesOptions& options) {
  Fields fields(body);
  AnswerRequest request;
  request.sampling.temperature = 1;
  fields.string("model");
  refuse_memory(fields);
  read_input(fields, call, request);
  read_responses_tools(fields, call, request, options);
  read_reasoning_options(fields, request, options);
  if (const Json* text = fields.find("text")) {
    Fields how(*text, "text");
    if (const Json* format = how.find("format")) read_format(*format, "text.format", request);
    how.accept({"verbosity"});
    call.note_unused(how);
  }
  // Some clients ask for a single token to see whether the model is there.
  if (const auto most = fields.integer("max_output_tokens", 1, kMostOutputTokens)) {
    request.max_tokens = *most;
  }
  for (const std::string& wish : fields.strings("include", 32)) {
    options.logprobs = options.logprobs || wish == "message.output_text.logprobs";
  }
  options.n_top_logprobs = size_t(fields.integer("top_logprobs", 0, 20).value_or(0));
  if (options.logprobs) request.sampling.n_logprobs = std::max(1, int(options.n_top_logprobs));
  read_sampling(fields, request);
  options.stream = fields.boolean("stream").value_or(false);
  fields.accept({"store", "metadata", "user", "service_tier", "truncation", "prompt_cache_key",
                 "prompt_cache_retention", "prompt_cache_options", "safety_identifier",
                 "max_tool_calls", "client_metadata", "stream_options"});
  call.note_unused(fields);
  options.echo = Json::object();
  const auto echo = [&](const char* key, Json otherwise) {
    options.echo[key] = body.contains(key) ? body[key] : std::move(otherwise);
  };
  echo("instructions", nullptr);
  echo("max_output_tokens", nullptr);
  echo("metadata", Json::object());
  echo("parallel_tool_calls", true);
  echo("reasoning", {{"effort", nullptr}, {"summary", nullptr}});
  echo("temperature", 1.0);
  echo("text", {{"format", {{"type", "text"}}}});
  echo("tool_choice", "auto");
  echo("tools", Json::array());
  echo("top_p", 1.0);
  return request;
}

}  // namespace ridge::server
