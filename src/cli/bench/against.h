// Measures a server that speaks OpenAI's chat completions as `ridge bench` measures itself: rounds
// of every test, each with a prompt of its own, and at the end the same prompt twice, to see
// whether the server keeps prefixes. One thread calls; columns ask on threads of their own.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/statistics.h"
#include "bench/test.h"
#include "cli/bench/chat_client.h"
#include "cli/bench/prompt_maker.h"
#include "history/record.h"

namespace ridge::cli {

struct AgainstSample {
  double seconds = 0;      // that the tokens took
  double n_tokens = 0;     // as the server counts them
  double first_token = 0;  // seconds from the request to the first token
  int64_t n_prompt = 0;    // tokens of the prompt; of the first column
  int64_t n_cached = 0;    // of these, what the server says it had already
};

struct AgainstResult {
  BenchTest test;
  std::vector<AgainstSample> samples;

  std::vector<double> rates() const;  // tokens/s
  std::vector<double> first_tokens() const;
  // A unique prompt was found in a cache all the same: the figures do not count.
  bool is_contaminated() const;
};

// The same prompt again, beside prompts that were new.
struct PrefixCacheProbe {
  int64_t n_prompt = 0;
  double new_seconds = 0;  // to the first token; medians
  double repeated_seconds = 0;
  int64_t n_cached = 0;  // as the server says of the repeated one

  bool is_detected() const;
};

struct AgainstReport {
  ChatServer server;
  bool counted = false;  // tokens are the server's own count, not a guess
  TokenCount count;
  std::vector<AgainstResult> results;
  std::optional<PrefixCacheProbe> cache;
};

struct AgainstOptions {
  int n_repeat = 5;
  std::chrono::milliseconds delay{0};
  uint64_t seed = 0;  // of the prompts: different in each run
  std::function<bool()> keep_going;
  std::function<void(int64_t done, int64_t total, const BenchTest& next)> progress;
};

// Which of these tests a server can be asked for. Prefill behind a prefix cannot: nobody outside
// can tell the one from the other.
bool can_ask(const BenchTest& test);

// Throws what ask() throws: a server that fails once is not measured further. Also
// Error{kUnsupported} for one that does not stream.
AgainstReport measure_server(const ChatServer& server, const std::vector<BenchTest>& tests,
                             const AgainstOptions& options);

// What the first model of GET …/models is called; empty when the server does not say.
std::string first_model(const ChatServer& server);

}  // namespace ridge::cli
