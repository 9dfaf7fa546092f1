// Job: a request that Scheduler works on: its text so far, the part of it that is cached, its
// answer and what it has cost. Internal to engine/; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/answer.h"
#include "engine/draft_length.h"
#include "engine/drafter.h"
#include "engine/service.h"
#include "kv/pool.h"

namespace ridge {

using JobClock = std::chrono::steady_clock;
inline double seconds_between(JobClock::time_point from, JobClock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

struct Job {
  // An embedding has `embedded` in place of a sink.
  Job(RequestId its_id, GenerateRequest its_request, std::shared_ptr<RequestSink> its_sink)
      : id(its_id), request(std::move(its_request)), sink(std::move(its_sink)) {
    tokens = request.prompt;
    stats.n_prompt = int64_t(tokens.size());
  }

  int64_t n_cached() const { return sequence ? sequence->n_tokens() : 0; }
  int64_t n_unread() const { return int64_t(tokens.size()) - n_cached(); }
  // Whether its next pass reads its last token alone, to go on.
  bool decodes() const { return answer && sequence && n_unread() == 1; }
  bool is_embedding() const { return embedded != nullptr; }

  RequestId id;
  GenerateRequest request;
  std::shared_ptr<RequestSink> sink;
  std::function<void(EmbeddingResult)> embedded;
  std::function<void(const Error&)> failed;

  std::vector<text::Token> tokens;  // prompt and answer
  std::optional<KvSequence> sequence;
  std::vector<int64_t> landmarks;  // lengths at which what it has read is kept for others, rising

  TextSink collect = [this](std::string_view piece) {
    text += piece;
    return true;
  };
  std::optional<Answer> answer;  // from the first token on
  std::string text;              // not yet passed on
  size_t n_told = 0;             // tokens of the answer that the sink has heard of

  std::unique_ptr<Drafter> own_drafter;
  std::optional<DraftLength> draft_length;  // where the drafter of all works for it
  Acceptance acceptance;                    // of its own drafter's guesses
  std::optional<Sampler> draft_sampler;
  int64_t n_accepted_last = 0;  // of the guesses in its last pass

  std::vector<double> embedding_sum;

  GenerateStats stats;
  double bytes_read = 0;  // while decoding
  JobClock::time_point submitted = JobClock::now(), admitted{}, first_token{};
  int64_t position = 0;        // in line, as last told
  bool has_looked_up = false;  // its prefix, for the first time
  int64_t n_read = 0;          // tokens that were read for it
  bool is_done = false;        // its sink has heard the end
};

}  // namespace ridge
