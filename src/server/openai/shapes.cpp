#include "server/openai/shapes.h"

#include <algorithm>

#include "server/problem.h"
#include "server/sse.h"

namespace ridge::server {
namespace {

Json bytes_json(std::string_view text) {
  Json bytes = Json::array();
  for (const char c : text) bytes.push_back(int(static_cast<unsigned char>(c)));
  return bytes;
}

Json token_json(const std::string& text, double logprob) {
  // JSON has no infinity; the API's word for "never" is this number.
  return {{"token", text}, {"logprob", std::max(logprob, -9999.0)}, {"bytes", bytes_json(text)}};
}

}  // namespace

void Usage::add(const AnswerEnd& end) {
  n_prompt = std::max(n_prompt, end.stats.n_prompt);
  n_reused = std::max(n_reused, end.stats.n_reused);
  n_generated += end.stats.n_generated;
  n_reasoning += end.n_reasoning;
}

Json usage_json(const Usage& usage) {
  return {{"prompt_tokens", usage.n_prompt},
          {"completion_tokens", usage.n_generated},
          {"total_tokens", usage.n_prompt + usage.n_generated},
          {"prompt_tokens_details", {{"cached_tokens", usage.n_reused}}},
          {"completion_tokens_details", {{"reasoning_tokens", usage.n_reasoning}}}};
}

Json logprobs_json(std::span<const TokenReport> tokens, size_t n_top) {
  Json out = Json::array();
  for (const TokenReport& token : tokens) {
    Json entry = token_json(token.text, token.logprob);
    Json top = Json::array();
    for (size_t i = 0; i < std::min(n_top, token.top.size()); ++i) {
      top.push_back(token_json(token.top[i].text, token.top[i].logprob));
    }
    entry["top_logprobs"] = std::move(top);
    out.push_back(std::move(entry));
  }
  return out;
}

std::string_view finish_reason(const AnswerEnd& end, size_t n_calls) {
  if (end.finish == FinishReason::kLength) return "length";
  return n_calls > 0 ? "tool_calls" : "stop";
}

bool read_stream_usage(Fields& fields, Call& call) {
  const Json* given = fields.find("stream_options");
  if (given == nullptr) return false;
  Fields options(*given, "stream_options");
  const bool wants_usage = options.boolean("include_usage").value_or(false);
  options.accept({"include_obfuscation"});
  call.note_unused(options);
  return wants_usage;
}

void end_chunks(Responder& responder, Json chunk, const Usage* usage) {
  if (usage != nullptr) {
    chunk["choices"] = Json::array();
    chunk["usage"] = usage_json(*usage);
    responder.write(sse_data(chunk));
  }
  responder.write(std::string(kSseDone));
  responder.finish();
}

void fail_chunks(Responder& responder, const Error& error) {
  responder.write(cat("data: ", error_body(Dialect::kOpenAi, problem_of(error)), "\n\n"));
  responder.write(std::string(kSseDone));
  responder.finish();
}

}  // namespace ridge::server
