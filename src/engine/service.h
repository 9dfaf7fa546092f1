// Service: a loaded model that answers many requests at once. It owns the engine's thread, on which
// the scheduler lets all running requests take their steps together, and the tree of cached
// prefixes that they share. Every member may be called from any thread. Sinks are called from the
// engine's thread: they must neither block nor throw, and hear nothing after finished() or
// failed().
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"

namespace ridge {

using RequestId = uint64_t;

struct PromptProgress {
  int64_t n_prompt = 0;  // tokens
  int64_t n_reused = 0;  // … found in the cache
  int64_t n_read = 0;    // … in the cache now, those reused included
};

// A piece of the answer. The text is finished UTF-8 and may be empty while a character or a stop
// string is incomplete; tokens and their logprobs (when asked for) are those drawn since the last
// piece.
struct AnswerPiece {
  std::string_view text;
  std::span<const text::Token> tokens;
  std::span<const GeneratedLogprob> logprobs;
};

class RequestSink {
 public:
  virtual ~RequestSink() = default;
  virtual void queued(int64_t /*position*/) {}            // 1: the next one to run
  virtual void reading(const PromptProgress& /*now*/) {}  // after each chunk of the prompt
  virtual void piece(const AnswerPiece& piece) = 0;
  virtual void finished(const GenerateResult& result) = 0;
  virtual void failed(const Error& error) = 0;
};

// The mean of the normed hidden states of its tokens, of length 1.
struct EmbeddingResult {
  std::vector<float> values;  // [d_model]
  int64_t n_tokens = 0;
};

struct ServiceOptions {
  EngineOptions engine;
  int64_t n_running = 4;             // requests that take their steps together
  int64_t n_waiting = 64;            // requests in line; further ones are refused
  int64_t cache_ram_bytes = 0;       // for running and remembered sequences; 0: chosen by memory
  std::filesystem::path cache_disk;  // folder of prefixes that survive a restart; empty: none
  int64_t answer_reserve = 256;      // tokens of its answer that there must be room for to begin
  int64_t cache_disk_bytes = int64_t{8} << 30;
};

// Totals since the start; rates are the caller's to compute.
struct ServiceTotals {
  int64_t n_requests = 0, n_finished = 0, n_failed = 0, n_cancelled = 0, n_refused = 0;
  int64_t n_preempted = 0;
  int64_t n_prompt_tokens = 0, n_reused_tokens = 0, n_disk_tokens = 0, n_generated_tokens = 0;
  int64_t n_drafted = 0, n_accepted = 0;
  double prompt_seconds = 0, decode_seconds = 0;  // of the engine's thread
};

struct RunningRequest {
  RequestId id = 0;
  int64_t n_prompt = 0, n_read = 0, n_generated = 0;
};

struct ServiceStatus {
  ServiceTotals totals;
  std::vector<RunningRequest> running;
  int64_t n_waiting = 0;
  int64_t kv_bytes = 0;          // of the pool
  int64_t kv_bytes_running = 0;  // … that running requests hold alone
  int64_t kv_bytes_cached = 0;   // … that can be forgotten
  int64_t disk_bytes = 0;
  double seconds_since_step = 0;  // of the engine's thread, while it has work; else 0
  std::string failure;  // why it cannot generate: of the last pass, or of all; empty: it can
};

class Service {
 public:
  // Loads the model, as Engine does.
  Service(const std::filesystem::path& model, Backend& backend, const ServiceOptions& options,
          const std::function<void(uint64_t done, uint64_t total)>& progress = {});
  ~Service();  // cancels what runs and waits for the thread

  const ModelSpec& spec() const;
  std::shared_ptr<const text::Tokenizer> tokenizer() const;
  int64_t context() const;                    // tokens that one request may have, prompt and answer
  const std::string& context_reason() const;  // "all that memory has room for"
  int64_t cache_tokens() const;               // of running and remembered sequences together
  int64_t weight_bytes() const;
  const MemoryPlan& memory_plan() const;

  // Throws Error{kInvalidArgument} for a prompt that is empty, too long or no tokens of this model,
  // Error{kBusy} when the line is full or the service is draining, and Error{kDevice} when nothing
  // can be generated any more.
  RequestId submit(GenerateRequest request, std::shared_ptr<RequestSink> sink);
  // Its sink hears finished() with kCancelled, soon; what was read stays cached.
  void cancel(RequestId id);

  // The tokens' embedding; waits for its turn. Throws as submit() does.
  EmbeddingResult embed(std::vector<text::Token> tokens);

  ServiceStatus status() const;
  // Takes no more requests and returns when none is left, or after so many seconds; false then.
  bool drain(double seconds);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridge
