// Pieces of JSON that OpenAI's APIs share. Pure functions.
#pragma once

#include <span>
#include <string_view>

#include "server/generator.h"
#include "server/json.h"

namespace ridge::server {

// What the choices of one request took together.
struct Usage {
  int64_t n_prompt = 0;  // tokens, those reused included
  int64_t n_reused = 0;
  int64_t n_generated = 0;
  int64_t n_reasoning = 0;
  void add(const AnswerEnd& end);
};

Json usage_json(const Usage& usage);
Json logprobs_json(std::span<const TokenReport> tokens, size_t n_top);
std::string_view finish_reason(const AnswerEnd& end, size_t n_calls);

}  // namespace ridge::server
