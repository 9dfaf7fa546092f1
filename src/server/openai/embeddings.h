// POST /v1/embeddings.
#pragma once

#include "server/call.h"

namespace ridge::server {

void openai_embeddings(const CallPtr& call);

// The inputs of a request for embeddings as tokens: a text, tokens, or a list of either. field:
// what the request calls them. Throws RequestError.
std::vector<std::vector<text::Token>> embedding_inputs(const Json& input, std::string_view field,
                                                       Generator& generator);
// `dimensions` can only say what they are.
void check_dimensions(Fields& fields, const ModelCard& card);

}  // namespace ridge::server
