// What a request says about tools, whatever API it came through. Plain data.
#pragma once

#include <string>
#include <vector>

namespace ridge::chat {

struct Tool {
  std::string name;
  std::string description;
  std::string parameters;  // JSON Schema of an object, as text; empty: takes none
  bool strict = false;     // its arguments must keep the schema
};

// A call in the history of a conversation.
struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // JSON text as the client sent it; need not be valid
};

enum class ToolChoice {
  kNone,      // tools are described, and not called
  kAuto,      // the model decides
  kRequired,  // at least one call, and nothing but calls
  kNamed,     // one call, of this tool
};

enum class ParallelCalls { kAllowed, kOneAtMost };

}  // namespace ridge::chat
