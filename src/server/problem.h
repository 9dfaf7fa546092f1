// What is wrong with a request, and how each API says it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "server/http/message.h"

namespace ridge::server {

// Whose wording and shapes an answer has.
enum class Dialect { kOpenAi, kAnthropic, kOllama };

struct Problem {
  int status = 400;
  std::string message;
  std::string param;  // the field at fault; empty: none in particular
  std::string code;   // OpenAI's word for it; empty: by status
  // A prompt that is too long, which clients answer by shortening it.
  struct Overflow {
    int64_t n_prompt = 0;   // tokens
    int64_t n_context = 0;  // … that one request may have
  };
  std::optional<Overflow> overflow;
  int retry_after = 0;  // seconds; 0: not said
};

// An Error that knows the status and the field at fault.
class RequestError final : public Error {
 public:
  explicit RequestError(Problem problem)
      : Error(ErrorCode::kInvalidArgument, problem.message), problem_(std::move(problem)) {}
  const Problem& problem() const { return problem_; }

 private:
  Problem problem_;
};

// Throws RequestError 400 naming the field.
[[noreturn]] void refuse_field(std::string_view field, std::string_view why);
[[noreturn]] void refuse_overflow(int64_t n_prompt, int64_t n_context);

// What an exception means to the client; its own mistakes are 4xx, ours and the machine's 5xx.
Problem problem_of(const std::exception& error);

// The body's JSON, in the dialect's shape and wording.
std::string error_body(Dialect dialect, const Problem& problem);
HttpReply error_reply(Dialect dialect, const Problem& problem);
// The message in the dialect's wording, for errors inside a stream.
std::string error_message(Dialect dialect, const Problem& problem);
// OpenAI's `code` and Anthropic's `error.type`.
std::string openai_code(const Problem& problem);
std::string openai_type(const Problem& problem);
std::string anthropic_type(const Problem& problem);

}  // namespace ridge::server
