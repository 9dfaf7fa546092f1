#include "server/openai/models.h"

#include "base/utc.h"

namespace ridge::server {
namespace {

// What OpenAI documents, and what clients ask other local servers for: how much one request may
// have, what the model was trained for, and what it can do.
Json openai_model(const ModelCard& card) {
  Json capabilities = Json::array({"completion"});
  if (!card.chat_template.empty()) capabilities.push_back("chat");
  if (!card.chat_template.empty()) capabilities.push_back("tools");
  if (card.reasons) capabilities.push_back("reasoning");
  if (card.fills_in) capabilities.push_back("insert");
  capabilities.push_back("embedding");
  return {{"id", card.id},
          {"object", "model"},
          {"created", card.created},
          {"owned_by", "ridge"},
          {"context_length", card.n_context},
          {"context_window", card.n_context},
          {"max_model_len", card.n_context},
          {"max_output_tokens", card.n_context},
          {"capabilities", std::move(capabilities)},
          {"architecture", {{"input_modalities", {"text"}}, {"output_modalities", {"text"}}}},
          {"meta",
           {{"n_ctx", card.n_context},
            {"n_ctx_train", card.n_context_trained},
            {"n_vocab", card.n_vocab},
            {"vocab_type", 2},
            {"n_embd", card.d_model},
            {"n_params", card.n_parameters},
            {"size", card.n_bytes},
            {"ftype", card.quant}}}};
}

Json anthropic_model(const ModelCard& card) {
  return {{"type", "model"},
          {"id", card.id},
          {"display_name", card.id},
          {"created_at", utc_time(card.created)},
          {"lifecycle", "active"},
          {"max_input_tokens", card.n_context},
          {"max_tokens", card.n_context}};
}

// Codex drops its whole list when one of these is missing.
Json codex_model(const ModelCard& card) {
  return {{"slug", card.id},
          {"display_name", card.id},
          {"description", cat(card.architecture, " ", card.quant)},
          {"default_reasoning_level", "medium"},
          {"supported_reasoning_levels", Json::array()},
          {"shell_type", "shell_command"},
          {"visibility", "list"},
          {"minimal_client_version", Json::array({0, 0, 0})},
          {"supported_in_api", true},
          {"priority", 0},
          {"upgrade", nullptr},
          {"base_instructions", ""},
          {"supports_reasoning_summaries", card.reasons},
          {"support_verbosity", false},
          {"default_verbosity", nullptr},
          {"apply_patch_tool_type", nullptr},
          {"truncation_policy", {{"mode", "tokens"}, {"limit", 10000}}},
          {"supports_parallel_tool_calls", true},
          {"context_window", card.n_context},
          {"reasoning_summary_format", "none"},
          {"experimental_supported_tools", Json::array()}};
}

}  // namespace

void list_models(const CallPtr& call) {
  const ModelCard& card = call->generator.card();
  if (call->dialect == Dialect::kAnthropic) {
    call->reply({{"data", Json::array({anthropic_model(card)})},
                 {"has_more", false},
                 {"first_id", card.id},
                 {"last_id", card.id}});
    return;
  }
  call->reply({{"object", "list"},
               {"data", Json::array({openai_model(card)})},
               {"models", Json::array({codex_model(card)})}});
}

void show_model(const CallPtr& call) {
  const ModelCard& card = call->generator.card();
  if (call->argument != card.id) {
    throw RequestError({.status = 404,
                        .message = cat("there is no model '", call->argument,
                                       "' here; this server has '", card.id, "'"),
                        .param = "model",
                        .code = "model_not_found"});
  }
  call->reply(call->dialect == Dialect::kAnthropic ? anthropic_model(card) : openai_model(card));
}

}  // namespace ridge::server
