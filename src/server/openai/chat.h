// POST /v1/chat/completions.
#pragma once

#include "server/call.h"

namespace ridge::server {

void openai_chat(const CallPtr& call);

struct ChatOptions {
  bool stream = false;
  bool stream_usage = false;
  size_t n_top_logprobs = 0;
};
// What the body asks; notes what has no effect. Throws RequestError.
AnswerRequest read_chat_request(const Json& body, Call& call, ChatOptions& options);

}  // namespace ridge::server
