// POST /v1/messages and /v1/messages/count_tokens.
#pragma once

#include "server/call.h"

namespace ridge::server {

void anthropic_messages(const CallPtr& call);
void anthropic_count_tokens(const CallPtr& call);

struct MessagesOptions {
  bool stream = false;
};
// What the body asks; notes what has no effect. Throws RequestError. A count asks the same, but for
// the length.
enum class MessagesPurpose { kAnswer, kCount };
AnswerRequest read_messages_request(const Json& body, MessagesPurpose purpose, Call& call,
                                    MessagesOptions& options);

// A block that Claude Code puts before its system message and changes with every request, which
// would keep the prompt from ever being found in the cache. Returns the text without it.
std::string without_billing_line(std::string text);

}  // namespace ridge::server
