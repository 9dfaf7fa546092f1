// What OpenAI's APIs share: pieces of JSON, and how a stream of chunks ends. Pure functions, but
// for those that end a stream, which are for the HTTP thread.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "server/call.h"

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

// Whether `stream_options` asks for a last chunk with the usage.
bool read_stream_usage(Fields& fields, Call& call);
// The end of a stream of chunks. usage, unless null, goes out before it in `chunk`, which has the
// members that all chunks of the stream have.
void end_chunks(Responder& responder, Json chunk, const Usage* usage);
// … by an error, which is an event of its own.
void fail_chunks(Responder& responder, const Error& error);

}  // namespace ridge::server
