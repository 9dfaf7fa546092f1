// A message of a conversation, whatever API it came through. Plain data.
#pragma once

#include <string>
#include <vector>

#include "chat/tool.h"

namespace ridge::chat {

struct Message {
  std::string role;  // system, developer, user, assistant, tool
  std::string content;
  std::string reasoning;        // of an assistant
  std::vector<ToolCall> calls;  // of an assistant
  std::string call_id;          // of a tool: which call it answers
  std::string tool_name;        // of a tool; empty: found by call_id
};

}  // namespace ridge::chat
