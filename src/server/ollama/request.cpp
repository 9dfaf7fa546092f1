#include "server/ollama/ollama.h"
#include "server/openai/tools.h"
#include "server/sampling_fields.h"

namespace ridge::server {
namespace {

constexpr int64_t kMostPredicted = int64_t{1} << 30;

void refuse_images(Fields& fields) {
  const Json* images = fields.find("images");
  if (images != nullptr && !images->empty()) {
    refuse_field(fields.path("images"), "this model reads text only");
  }
}

// Go's clients send what is empty too.
void refuse_unless_empty(Fields& fields, std::string_view key, std::string_view why) {
  const Json* value = fields.find(key);
  if (value != nullptr && *value != "" && *value != Json::array()) fields.refuse(key, why);
}

chat::ToolCall ollama_call(const Json& json, const std::string& where) {
  Fields fields(json, where);
  chat::ToolCall call{.id = fields.string("id").value_or("")};
  Fields function(fields.required("function"), where + ".function");
  call.name = function.required_string("name");
  const Json* arguments = function.find("arguments");
  if (arguments == nullptr) {
    call.arguments = "{}";
  } else {
    call.arguments = arguments->is_string() ? arguments->get<std::string>() : dump(*arguments);
  }
  return call;
}

chat::Message ollama_message(const Json& json, const std::string& where) {
  Fields fields(json, where);
  chat::Message message{.role = fields.required_string("role"),
                        .content = fields.string("content").value_or(""),
                        .reasoning = fields.string("thinking").value_or("")};
  refuse_images(fields);
  if (const Json* calls = fields.find("tool_calls")) {
    if (!calls->is_array()) refuse_field(fields.path("tool_calls"), "a list is wanted");
    for (size_t i = 0; i < calls->size(); ++i) {
      message.calls.push_back(ollama_call((*calls)[i], cat(where, ".tool_calls[", i, "]")));
    }
  }
  message.tool_name = fields.string("tool_name").value_or("");
  message.call_id = fields.string("tool_call_id").value_or("");
  return message;
}

void read_conversation(Fields& fields, AnswerRequest& request) {
  if (const Json* messages = fields.find("messages")) {
    if (!messages->is_array()) refuse_field("messages", "a list is wanted");
    for (size_t i = 0; i < messages->size(); ++i) {
      request.conversation.messages.push_back(
          ollama_message((*messages)[i], cat("messages[", i, "]")));
    }
  }
  if (const Json* tools = fields.find("tools")) {
    if (!tools->is_array()) refuse_field("tools", "a list is wanted");
    for (size_t i = 0; i < tools->size(); ++i) {
      request.conversation.tools.push_back(chat_tool((*tools)[i], cat("tools[", i, "]")));
    }
    request.rules.tools = request.conversation.tools;
  }
}

void read_text_to_go_on(Fields& fields, AnswerRequest& request) {
  const std::string prompt = fields.string("prompt").value_or("");
  const std::string system = fields.string("system").value_or("");
  const std::string suffix = fields.string("suffix").value_or("");
  const bool raw = fields.boolean("raw").value_or(false);
  refuse_images(fields);
  refuse_unless_empty(fields, "template", "the template is the model's own");
  refuse_unless_empty(fields, "context", "it is superseded; /api/chat takes whole conversations");
  if (prompt.empty() && suffix.empty()) return;  // whether the model is loaded
  if (!system.empty() && (raw || !suffix.empty())) {
    refuse_field("system", "text that goes on as it is, or around a gap, has none");
  }
  if (!suffix.empty()) {
    request.input = AnswerRequest::Input::kFillIn;
    request.suffix = suffix;
    request.text = prompt;
  } else if (raw) {
    request.input = AnswerRequest::Input::kText;
    request.text = prompt;
  } else {
    auto& messages = request.conversation.messages;
    if (!system.empty()) messages.push_back({.role = "system", .content = system});
    messages.push_back({.role = "user", .content = prompt});
  }
}

void read_options(Fields& body, Call& call, AnswerRequest& request) {
  const Json* given = body.find("options");
  if (given == nullptr) return;
  Fields options(*given, "options");
  request.max_tokens = options.integer("num_predict", -2, kMostPredicted).value_or(-1);
  if (request.max_tokens < 1) request.max_tokens = -1;
  request.stops = options.strings("stop", 64);
  std::erase(request.stops, "");
  const int64_t n_context = call.generator.card().n_context;
  const auto wanted = options.integer("num_ctx", 0, kMostPredicted);
  if (wanted && *wanted > n_context) {
    call.note(cat("num_ctx ", *wanted, " is more than the ", n_context,
                  " tokens that this server gives a request"));
  }
  read_sampling(options, request);
  options.accept({"num_keep", "num_batch", "num_gpu", "main_gpu", "use_mmap", "use_mlock",
                  "num_thread", "numa", "low_vram", "f16_kv", "vocab_only", "penalize_newline",
                  "tfs_z"});
  call.note_unused(options);
}

void read_format_and_thinking(Fields& fields, AnswerRequest& request) {
  if (const Json* format = fields.find("format")) {
    if (format->is_object()) {
      request.rules.format = grammar::JsonSchema{.schema = dump(*format)};
    } else if (*format == "json") {
      request.rules.format = grammar::AnyJson{};
    } else if (*format != "") {
      refuse_field("format", cat("'json' or a schema is wanted, and this is ", describe(*format)));
    }
  }
  const Json* think = fields.find("think");
  if (think == nullptr) return;
  auto& variables = request.conversation.variables;
  if (think->is_string()) {
    variables.emplace_back(text::Value::trusted("reasoning_effort"),
                           text::Value::string(think->get<std::string>()));
  }
  if (!think->is_string() && !think->is_boolean()) {
    refuse_field("think", cat("true, false or a level is wanted, and this is ", describe(*think)));
  }
  const bool thinks = think->is_string() || think->get<bool>();
  variables.emplace_back(text::Value::trusted("enable_thinking"), text::Value(thinks));
}

}  // namespace

AnswerRequest read_ollama_request(const Json& body, Call& call, OllamaOptions& options) {
  Fields fields(body);
  AnswerRequest request;
  request.sampling.temperature = 0.8f;  // as the API documents them
  request.sampling.top_k = 40;
  request.sampling.top_p = 0.9f;
  fields.string("model");
  if (options.shape == OllamaShape::kChat) {
    read_conversation(fields, request);
  } else {
    read_text_to_go_on(fields, request);
  }
  read_options(fields, call, request);
  read_format_and_thinking(fields, request);
  options.stream = fields.boolean("stream").value_or(true);
  options.logprobs = fields.boolean("logprobs").value_or(false);
  options.n_top = size_t(fields.integer("top_logprobs", 0, 20).value_or(0));
  if (options.logprobs) request.sampling.n_logprobs = std::max(1, int(options.n_top));
  fields.accept({"keep_alive"});
  call.note_unused(fields);
  return request;
}

}  // namespace ridge::server
