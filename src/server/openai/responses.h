// POST /v1/responses, without memory: each request brings the whole conversation along.
#pragma once

#include <map>
#include <string>

#include "server/call.h"

namespace ridge::server {

void openai_responses(const CallPtr& call);

// How a tool of the request comes back in the answer.
struct ResponseTool {
  bool is_custom = false;  // its argument is text, not JSON
  std::string space;       // the namespace it was listed in; empty: none
};

struct ResponsesOptions {
  bool stream = false;
  bool summarises = false;  // reasoning goes out as its own summary
  size_t n_top_logprobs = 0;
  bool logprobs = false;
  std::map<std::string, ResponseTool> tools;
  Json echo;  // what the response repeats of the request
};
AnswerRequest read_responses_request(const Json& body, Call& call, ResponsesOptions& options);

// A client that keeps no state sends reasoning back as it got it, sealed. Ours is the text itself,
// since there is nothing to hide on one's own machine.
std::string seal_reasoning(const std::string& text);
std::string open_reasoning(std::string_view sealed);  // empty: sealed by somebody else

}  // namespace ridge::server
