// Which orders of roles a chat template takes, and conversations put into one: many templates want
// one system message at the beginning and turns of user and assistant, while agents send several
// system messages, reminders in the middle, and users that speak after a tool. Nothing is moved to
// an earlier place, so that what was read stays a prefix of what comes. Pure functions.
#pragma once

#include <vector>

#include "chat/message.h"

namespace ridge::chat {

struct MessageOrder {
  bool system = true;           // a message of the system at the beginning
  bool more_systems = true;     // … and further ones, there and later
  bool users_in_a_row = true;   // a user that speaks twice
  bool user_after_tool = true;  // … or right after a tool's result
};

std::vector<Message> in_order(std::vector<Message> messages, const MessageOrder& order);

// With a blank line between them, where both say something.
void join(std::string& text, std::string_view more);

}  // namespace ridge::chat
