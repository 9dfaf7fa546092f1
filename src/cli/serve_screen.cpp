#include "cli/serve_screen.h"

#include <algorithm>

#include "base/strcat.h"
#include "cli/ui/format.h"

namespace ridge::cli {
namespace {

// Agents begin with 7,000 to 18,000 tokens and read files on top of that.
constexpr int64_t kAgentContext = 32768;

std::string context_text(const ServeFacts& facts) {
  std::string text = cat(human_count(facts.n_context), " tokens a request, prompt and answer; ");
  append(text, facts.context_reason);
  if (facts.n_context < facts.n_context_trained) {
    append(text, cat(" (the model was trained for ", human_count(facts.n_context_trained), ")"));
  }
  if (facts.n_context < kAgentContext) {
    append(text,
           cat("\n              coding agents want ", human_count(kAgentContext), " or more"));
  }
  return text;
}

std::string memory_text(const ServeFacts& facts) {
  std::string text;
  for (const auto& [name, bytes] : facts.memory) {
    append(text, cat(text.empty() ? "" : ", ", name, " ", human_bytes(double(bytes))));
  }
  return text;
}

// What an agent may write at once, and a prompt has to leave room for.
int64_t answer_room(const ServeFacts& facts) {
  return std::min(facts.n_context / 4, int64_t{32000});
}

std::string codex_text(const ServeFacts& facts) {
  const std::string key = facts.wants_key ? ",env_key=\"RIDGE_KEY\"" : "";
  return cat("  Codex         ", facts.wants_key ? "RIDGE_KEY=YOUR-KEY " : "",
             "codex -c model=", facts.model,
             " -c model_provider=ridge -c model_context_window=", facts.n_context, " \\\n",
             "                  -c 'model_providers.ridge={name=\"ridge\",base_url=\"", facts.url,
             "/v1\",wire_api=\"responses\"", key, "}'\n");
}

std::string opencode_text(const ServeFacts& facts) {
  const std::string key = facts.wants_key ? ",\"apiKey\":\"YOUR-KEY\"" : "";
  return cat("  OpenCode      opencode.json: {\"model\":\"ridge/", facts.model,
             "\",\"provider\":{\"ridge\":{\"npm\":\"@ai-sdk/openai-compatible\",\n",
             "                  \"options\":{\"baseURL\":\"", facts.url, "/v1\"", key,
             "},\"models\":{\"", facts.model, "\":{\"limit\":{\"context\":", facts.n_context,
             ",\"output\":", answer_room(facts), "}}}}}}\n");
}

std::string editors_text(const ServeFacts& facts) {
  const std::string key = facts.wants_key ? ", apiKey: YOUR-KEY" : "";
  return cat(
      "  Continue      config.yaml: models: [{name: ", facts.model,
      ", provider: openai, model: ", facts.model, ", apiBase: ", facts.url, "/v1", key, "}]\n",
      "  Zed           settings.json: \"language_models\":{\"openai_compatible\":{\"ridge\":{\n",
      "                  \"api_url\":\"", facts.url, "/v1\",\"available_models\":[{\"name\":\"",
      facts.model, "\",\"max_tokens\":", facts.n_context, "}]}}}\n");
}

std::string predicted_text(const ServeFacts& facts) {
  if (!facts.speed) return "not predicted";
  return cat(speed_text(*facts.speed), "\n              predicted for one request alone; ",
             facts.speed->provenance);
}

std::string clients_text(const ServeFacts& facts) {
  const std::string key = facts.wants_key ? "YOUR-KEY" : "none";
  const std::string& m = facts.model;
  return cat("  Claude Code   ANTHROPIC_BASE_URL=", facts.url, " ANTHROPIC_AUTH_TOKEN=", key,
             " ANTHROPIC_MODEL=", m, " claude\n", codex_text(facts), opencode_text(facts),
             "  Qwen Code     OPENAI_BASE_URL=", facts.url, "/v1 OPENAI_API_KEY=", key,
             " OPENAI_MODEL=", m, " qwen\n", "  Aider         OPENAI_API_BASE=", facts.url,
             "/v1 OPENAI_API_KEY=", key, " aider --model openai/", m, "\n", editors_text(facts));
}

}  // namespace

std::string serve_screen(const ServeFacts& facts) {
  return cat(
      "\nridge serves ", facts.model, " at ", facts.url, "\n\n", "  model       ", facts.kind,
      "\n  context     ", context_text(facts), "\n  together    ",
      plural(facts.n_parallel, "request"), "; more wait in line\n  tools       ",
      facts.tool_format.empty()
          ? std::string("none: the file has no chat template; --chat-template-file gives one")
          : cat("calls in the format '", facts.tool_format, "'"),
      "\n  memory      ", memory_text(facts), "\n  speed       ", predicted_text(facts),
      "\n  APIs        /v1/chat/completions, ",
      "/v1/responses, /v1/messages, /v1/completions,\n              /v1/embeddings, /api/chat ",
      "(Ollama), /health, /metrics\n\n", clients_text(facts), "\n");
}

}  // namespace ridge::cli
