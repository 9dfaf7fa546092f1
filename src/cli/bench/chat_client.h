// One streamed chat completion of an OpenAI-compatible server, with the moments at which its parts
// arrived. Calls on different threads are independent.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace ridge::cli {

struct ChatServer {
  std::string url;    // of POST …/chat/completions
  std::string model;  // what to ask for; may be empty
  std::string api_key;
  std::function<bool()> keep_going;
};

// "http://host:8080", "…/v1" or the whole path, as the URL of chat/completions.
std::string completions_url(const std::string& given);

struct ChatTiming {
  double first_seconds = 0;  // from the request's sending to the first token
  double last_seconds = 0;   // to the last one
  int64_t n_events = 0;      // pieces of text that arrived
  int64_t n_prompt = 0;      // as the server counts; 0: it does not say
  int64_t n_generated = 0;   // likewise; without it, the events
  int64_t n_cached = 0;      // prompt tokens that the server says it had in a cache
  bool counted = false;      // n_prompt and n_generated are the server's own

  double decode_seconds() const { return last_seconds - first_seconds; }
};

struct ChatRequest {
  std::string prompt;
  int64_t max_tokens = 1;
};

// Throws Error{kNetwork} for any status but 200, for an answer that breaks off or is no stream of
// completions, and Error{kCancelled} when keep_going said so.
ChatTiming ask(const ChatServer& server, const ChatRequest& request);

}  // namespace ridge::cli
