// The messages of chat completions as a conversation. Any thread; throws RequestError 400.
#pragma once

#include <string>
#include <vector>

#include "chat/conversation.h"
#include "server/json.h"

namespace ridge::server {

// notes: what could not be passed on to the model and was replaced by words.
chat::Message chat_message(const Json& message, const std::string& where,
                           std::vector<std::string>& notes);

// Text, or a list of parts of which only text is understood. Pictures in the output of a tool are
// replaced by words, since an agent cannot know better; those of a user are refused.
enum class Pictures { kRefused, kReplaced };
std::string text_content(const Json& content, const std::string& where, Pictures pictures,
                         std::vector<std::string>& notes);

}  // namespace ridge::server
