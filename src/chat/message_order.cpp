#include "chat/message_order.h"

#include <utility>

namespace ridge::chat {
namespace {

// The first messages of the system as one, or, where there can be none, in front of the first
// user's words; later ones are said by the user.
std::vector<Message> one_system_at_most(std::vector<Message> messages, bool takes_system) {
  std::vector<Message> out;
  std::string waiting;
  for (Message& message : messages) {
    const bool at_head = out.empty();
    if (message.role != "system") {
      out.push_back(std::move(message));
    } else if (!at_head) {
      message.role = "user";
      out.push_back(std::move(message));
    } else {
      join(waiting, message.content);
    }
  }
  if (waiting.empty()) return out;
  const bool user_speaks = !out.empty() && out.front().role == "user";
  if (takes_system || !user_speaks) {
    Message head{};
    head.role = takes_system ? "system" : "user";
    head.content = std::move(waiting);
    out.insert(out.begin(), std::move(head));
  } else {
    join(waiting, out.front().content);
    out.front().content = std::move(waiting);
  }
  return out;
}

// What a user says after a message of this role becomes part of it.
std::vector<Message> users_joined_to(std::string_view role, std::vector<Message> messages) {
  std::vector<Message> out;
  for (Message& message : messages) {
    if (!out.empty() && message.role == "user" && out.back().role == role) {
      join(out.back().content, message.content);
    } else {
      out.push_back(std::move(message));
    }
  }
  return out;
}

}  // namespace

void join(std::string& text, std::string_view more) {
  if (!text.empty() && !more.empty()) text += "\n\n";
  text += more;
}

std::vector<Message> in_order(std::vector<Message> messages, const MessageOrder& order) {
  if (!order.system || !order.more_systems) {
    messages = one_system_at_most(std::move(messages), order.system);
  }
  if (!order.user_after_tool) messages = users_joined_to("tool", std::move(messages));
  if (!order.users_in_a_row) messages = users_joined_to("user", std::move(messages));
  return messages;
}

}  // namespace ridge::chat
