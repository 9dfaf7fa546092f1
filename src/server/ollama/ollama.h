// Ollama's API: /api/chat, /api/generate, /api/embed and what its clients ask about the model.
#pragma once

#include "server/call.h"

namespace ridge::server {

void ollama_chat(const CallPtr& call);
void ollama_generate(const CallPtr& call);
void ollama_embed(const CallPtr& call);
void ollama_embeddings(const CallPtr& call);  // the older one
void ollama_tags(const CallPtr& call);
void ollama_show(const CallPtr& call);
void ollama_ps(const CallPtr& call);
void ollama_version(const CallPtr& call);

enum class OllamaShape { kChat, kGenerate };
struct OllamaOptions {
  OllamaShape shape = OllamaShape::kChat;
  bool stream = true;
  bool logprobs = false;
  size_t n_top = 0;
};
// What the body asks; notes what has no effect. Throws RequestError.
AnswerRequest read_ollama_request(const Json& body, Call& call, OllamaOptions& options);

}  // namespace ridge::server
