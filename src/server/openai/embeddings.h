// POST /v1/embeddings.
#pragma once

#include "server/call.h"

namespace ridge::server {

void openai_embeddings(const CallPtr& call);

// The inputs of a request for embeddings as tokens: a text, tokens, or a list of either.
std::vector<std::vector<text::Token>> embedding_inputs(const Json& input, Generator& generator);

}  // namespace ridge::server
