#include "cli/serve_screen.h"

#include "base/strcat.h"
#include "cli/ui/format.h"

namespace ridge::cli {
namespace {

// Agents bring prompts of 10,000 tokens and more, Claude Code of 20,000.
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

std::string clients_text(const ServeFacts& facts) {
  const std::string key = facts.wants_key ? "YOUR-KEY" : "none";
  const std::string v1 = facts.url + "/v1";
  const std::string& m = facts.model;
  return cat(
      "  Claude Code   ANTHROPIC_BASE_URL=", facts.url, " ANTHROPIC_AUTH_TOKEN=", key,
      " ANTHROPIC_MODEL=", m, " claude\n", "  Codex         codex -c model=", m,
      " -c model_provider=ridge \\\n",
      "                  -c 'model_providers.ridge={name=\"ridge\",base_url=\"", v1,
      "\",wire_api=\"responses\"}'\n",
      "  OpenCode      opencode.json: "
      "{\"provider\":{\"ridge\":{\"npm\":\"@ai-sdk/openai-compatible\",\n",
      "                  \"options\":{\"baseURL\":\"", v1, "\"},\"models\":{\"", m, "\":{}}}}}\n",
      "  Qwen Code     OPENAI_BASE_URL=", v1, " OPENAI_API_KEY=", key, " OPENAI_MODEL=", m,
      " qwen\n", "  Aider         OPENAI_API_BASE=", v1, " OPENAI_API_KEY=", key,
      " aider --model openai/", m, "\n", "  Continue      config.yaml: models: [{name: ", m,
      ", provider: openai, model: ", m, ", apiBase: ", v1, "}]\n",
      "  Zed           settings.json: \"language_models\":{\"openai_compatible\":{\"ridge\":{\n",
      "                  \"api_url\":\"", v1, "\",\"available_models\":[{\"name\":\"", m,
      "\",\"max_tokens\":", facts.n_context, "}]}}}\n");
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
      "\n  memory      ", memory_text(facts), "\n  APIs        /v1/chat/completions, ",
      "/v1/responses, /v1/messages, /v1/completions,\n              /v1/embeddings, /api/chat ",
      "(Ollama), /health, /metrics\n\n", clients_text(facts), "\n");
}

}  // namespace ridge::cli
