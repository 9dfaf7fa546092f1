#include <cmath>

#include "base/utc.h"
#include "server/ollama/ollama.h"
#include "server/openai/embeddings.h"

namespace ridge::server {
namespace {

// A version of Ollama whose API this speaks; some clients refuse older ones.
constexpr const char* kOllamaVersion = "0.12.0";

Json details(const ModelCard& card) {
  const double billions = double(card.n_parameters) / 1e9;
  return {{"parent_model", ""},
          {"format", "gguf"},
          {"family", card.architecture},
          {"families", Json::array({card.architecture})},
          {"parameter_size", cat(std::round(billions * 10) / 10, "B")},
          {"quantization_level", card.quant}};
}

Json entry(const ModelCard& card) {
  return {{"name", card.id},      {"model", card.id}, {"modified_at", utc_time(card.created)},
          {"size", card.n_bytes}, {"digest", ""},     {"details", details(card)}};
}

}  // namespace

void ollama_version(const CallPtr& call) {
  call->reply({{"version", kOllamaVersion}});
}

void ollama_tags(const CallPtr& call) {
  call->reply({{"models", Json::array({entry(call->generator.card())})}});
}

void ollama_ps(const CallPtr& call) {
  const ModelCard& card = call->generator.card();
  Json running = entry(card);
  running["size_vram"] = 0;
  running["context_length"] = card.n_context;
  running["expires_at"] = "2318-01-01T00:00:00Z";  // it stays
  call->reply({{"models", Json::array({std::move(running)})}});
}

void ollama_show(const CallPtr& call) {
  const Json body = call->body();
  Fields fields(body);
  fields.accept({"model", "name", "verbose", "system", "template", "options"});
  call->note_unused(fields);
  const ModelCard& card = call->generator.card();
  Json capabilities = Json::array({"completion"});
  if (!card.chat_template.empty()) capabilities.push_back("tools");
  if (card.reasons) capabilities.push_back("thinking");
  if (card.fills_in) capabilities.push_back("insert");
  // The context that a request really has, since clients size their prompts by it.
  Json info = Json::object();
  info["general.architecture"] = card.architecture;
  info[card.architecture + ".context_length"] = card.n_context;
  info[card.architecture + ".embedding_length"] = card.d_model;
  call->reply({{"modelfile", ""},
               {"parameters", cat("num_ctx ", card.n_context)},
               {"template", card.chat_template},
               {"details", details(card)},
               {"model_info", std::move(info)},
               {"capabilities", std::move(capabilities)},
               {"modified_at", utc_time(card.created)}});
}

void ollama_embed(const CallPtr& call) {
  const Json body = call->body();
  Fields fields(body);
  const Json& input = fields.required("input");
  check_dimensions(fields, call->generator.card());
  fields.accept({"model", "truncate", "options", "keep_alive"});
  call->note_unused(fields);
  Json embeddings = Json::array();
  int64_t n_tokens = 0;
  for (auto& tokens : embedding_inputs(input, "input", call->generator)) {
    const EmbeddingResult result = call->generator.embed(std::move(tokens));
    n_tokens += result.n_tokens;
    embeddings.push_back(result.values);
  }
  call->reply({{"model", call->generator.card().id},
               {"embeddings", std::move(embeddings)},
               {"prompt_eval_count", n_tokens}});
}

void ollama_embeddings(const CallPtr& call) {
  const Json body = call->body();
  Fields fields(body);
  const Json prompt = fields.required_string("prompt");
  fields.accept({"model", "options", "keep_alive"});
  call->note_unused(fields);
  auto inputs = embedding_inputs(prompt, "prompt", call->generator);
  call->reply({{"embedding", call->generator.embed(std::move(inputs.at(0))).values}});
}

}  // namespace ridge::server
