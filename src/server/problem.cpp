#include "server/problem.h"

#include <new>

#include "server/json.h"

namespace ridge::server {

void refuse_field(std::string_view field, std::string_view why) {
  throw RequestError(
      {.message = cat(field, ": ", why), .param = std::string(field), .code = "invalid_value"});
}

void refuse_overflow(int64_t n_prompt, int64_t n_context) {
  throw RequestError({.message = cat("the prompt of ", n_prompt, " tokens exceeds the context of ",
                                     n_context, " tokens"),
                      .param = "messages",
                      .code = "context_length_exceeded",
                      .overflow = Problem::Overflow{n_prompt, n_context}});
}

Problem problem_of(const std::exception& error) {
  if (const auto* request = dynamic_cast<const RequestError*>(&error)) return request->problem();
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {.status = 503, .message = "out of memory; a shorter request may fit"};
  }
  const auto* known = dynamic_cast<const Error*>(&error);
  Problem problem{.status = 500, .message = error.what()};
  if (known == nullptr) return problem;
  switch (known->code()) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kUnsupported:
      problem.status = 400;
      break;
    case ErrorCode::kNotFound:
      problem.status = 404;
      break;
    case ErrorCode::kBusy:
      problem.status = 503;
      problem.retry_after = 2;
      break;
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kCancelled:
      problem.status = 503;
      break;
    case ErrorCode::kInvalidFile:
    case ErrorCode::kIo:
    case ErrorCode::kNetwork:
    case ErrorCode::kDevice:
      break;
  }
  return problem;
}

// Agents look for these words to know that they must shorten the conversation, and read the
// numbers.
std::string error_message(Dialect dialect, const Problem& problem) {
  if (!problem.overflow) return problem.message;
  const auto [n_prompt, n_context] = *problem.overflow;
  switch (dialect) {
    case Dialect::kAnthropic:
      return cat("prompt is too long: ", n_prompt, " tokens > ", n_context, " maximum");
    case Dialect::kOpenAi:
      return cat("This model's maximum context length is ", n_context,
                 " tokens. However, your messages resulted in ", n_prompt,
                 " tokens, which exceeds the available context size. Please reduce the length of "
                 "the messages.");
    case Dialect::kOllama:
      return cat("the prompt of ", n_prompt, " tokens exceeds the available context size of ",
                 n_context, " tokens");
  }
  return problem.message;
}

std::string openai_type(const Problem& problem) {
  switch (problem.status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    case 503:
      return "service_unavailable_error";
    default:
      return problem.status < 500 ? "invalid_request_error" : "server_error";
  }
}

std::string openai_code(const Problem& problem) {
  if (!problem.code.empty()) return problem.code;
  switch (problem.status) {
    case 401:
      return "invalid_api_key";
    case 404:
      return "not_found";
    case 429:
    case 503:
      return "rate_limit_exceeded";
    default:
      return problem.status < 500 ? "invalid_request" : "server_error";
  }
}

std::string anthropic_type(const Problem& problem) {
  switch (problem.status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
    case 529:
      return "overloaded_error";
    default:
      return problem.status < 500 ? "invalid_request_error" : "api_error";
  }
}

std::string error_body(Dialect dialect, const Problem& problem) {
  const std::string message = error_message(dialect, problem);
  switch (dialect) {
    case Dialect::kOllama:
      return dump(Json{{"error", message}});
    case Dialect::kAnthropic:
      return dump(Json{{"type", "error"},
                       {"error", {{"type", anthropic_type(problem)}, {"message", message}}}});
    case Dialect::kOpenAi:
      break;
  }
  Json error{{"message", message},
             {"type", openai_type(problem)},
             {"param", problem.param.empty() ? Json() : Json(problem.param)},
             {"code", openai_code(problem)}};
  if (problem.overflow) {
    error["n_prompt_tokens"] = problem.overflow->n_prompt;
    error["n_ctx"] = problem.overflow->n_context;
  }
  return dump(Json{{"error", std::move(error)}});
}

HttpReply error_reply(Dialect dialect, const Problem& problem) {
  HttpReply reply{.status = problem.status, .headers = {}, .body = error_body(dialect, problem)};
  // Anthropic's word for "too many at once" is a number of its own.
  if (dialect == Dialect::kAnthropic && problem.status == 503) reply.status = 529;
  if (problem.retry_after > 0) {
    reply.headers.emplace_back("Retry-After", std::to_string(problem.retry_after));
  }
  if (problem.status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

}  // namespace ridge::server
