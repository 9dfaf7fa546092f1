#include <limits>

#include "server/openai/chat.h"
#include "server/openai/messages.h"
#include "server/openai/shapes.h"
#include "server/openai/tools.h"
#include "server/sampling_fields.h"

namespace ridge::server {
namespace {

constexpr int64_t kMostTokens = int64_t{1} << 30;

void read_messages(Fields& fields, Call& call, AnswerRequest& request) {
  const Json& messages = fields.required("messages");
  if (!messages.is_array() || messages.empty()) {
    refuse_field("messages", cat("a list of messages is wanted, and this is ",
                                 messages.empty() ? "empty" : describe(messages)));
  }
  for (size_t i = 0; i < messages.size(); ++i) {
    request.conversation.messages.push_back(
        chat_message(messages[i], cat("messages[", i, "]"), call.notes));
  }
  if (request.conversation.messages.back().role == "assistant") {
    call.note("the conversation ends with the assistant; a new message of it is begun");
  }
}

void read_length(Fields& fields, AnswerRequest& request) {
  const auto most = fields.integer("max_tokens", -1, kMostTokens);
  const auto newer = fields.integer("max_completion_tokens", -1, kMostTokens);
  const auto native = fields.integer("n_predict", -1, kMostTokens);
  if (native) request.max_tokens = *native;
  if (most) request.max_tokens = *most;
  if (newer) request.max_tokens = *newer;
  if (request.max_tokens == 0) refuse_field("max_tokens", "at least 1 is wanted");
  request.stops = fields.strings("stop", 16);
  std::erase(request.stops, "");
  if (const auto n = fields.integer("n", 1, 16)) request.n_choices = int(*n);
}

void read_logprobs(Fields& fields, AnswerRequest& request, ChatOptions& options) {
  const bool wanted = fields.boolean("logprobs").value_or(false);
  const auto top = fields.integer("top_logprobs", 0, 20);
  if (top && *top > 0 && !wanted) refuse_field("top_logprobs", "it needs logprobs: true");
  // One at least, since the sampler reports the chosen token only beside others.
  options.n_top_logprobs = size_t(top.value_or(0));
  if (wanted) request.sampling.n_logprobs = std::max(1, int(options.n_top_logprobs));
}

// What templates are told about reasoning: `reasoning_effort` as OpenAI has it, and whatever
// variables the client names itself.
void read_template_variables(Fields& fields, AnswerRequest& request) {
  auto& variables = request.conversation.variables;
  const auto add = [&](std::string name, text::Value value) {
    variables.emplace_back(text::Value::trusted(std::move(name)), std::move(value));
  };
  if (const auto effort = fields.string("reasoning_effort")) {
    add("reasoning_effort", text::Value::string(*effort));
    if (*effort == "none") add("enable_thinking", text::Value(false));
  }
  if (const auto thinks = fields.boolean("enable_thinking")) {
    add("enable_thinking", text::Value(*thinks));
  }
  const Json* own = fields.find("chat_template_kwargs");
  if (own == nullptr) return;
  Fields(*own, "chat_template_kwargs");
  for (const auto& [name, value] : own->items()) {
    add(name, chat::value_from_json(dump(value)));
  }
}

void read_harmless(Fields& fields) {
  fields.accept({"user", "metadata", "store", "service_tier", "prompt_cache_key",
                 "safety_identifier", "prompt_cache_retention", "verbosity", "cache_prompt",
                 "id_slot", "cache_control", "thinking", "reasoning", "return_progress",
                 "timings_per_token"});
  fields.refuse("audio", "this model gives text only");
  fields.refuse("web_search_options", "there is no web search here");
  if (const Json* modalities = fields.find("modalities")) {
    if (*modalities != Json::array({"text"})) {
      refuse_field("modalities", "this model gives text only");
    }
  }
}

}  // namespace

AnswerRequest read_chat_request(const Json& body, Call& call, ChatOptions& options) {
  Fields fields(body);
  AnswerRequest request;
  request.sampling.temperature = 1;  // as the API documents it
  fields.string("model");
  read_messages(fields, call, request);
  read_chat_tools(fields, request);
  read_length(fields, request);
  read_logprobs(fields, request, options);
  read_grammar(fields, request);
  read_template_variables(fields, request);
  read_sampling(fields, request);
  options.stream = fields.boolean("stream").value_or(false);
  options.stream_usage = read_stream_usage(fields, call);
  read_harmless(fields);
  call.note_unused(fields);
  return request;
}

}  // namespace ridge::server
