// GET /v1/models and /v1/models/{id}: the one model, in the shapes of OpenAI, Anthropic and Codex.
#pragma once

#include "server/call.h"

namespace ridge::server {

void list_models(const CallPtr& call);
void show_model(const CallPtr& call);

}  // namespace ridge::server
