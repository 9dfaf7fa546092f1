// Engine: owns a loaded model's cache and runs requests on it. This is the synchronous core: one
// thread calls it. Model and tokenizer are shared and immutable.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.h"
#include "engine/memory_plan.h"
#include "kv/pool.h"
#include "sample/constraint.h"
#include "sample/sampler.h"
#include "spec/spec.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge {

class Drafter;

// Who guesses tokens ahead (engine/drafter.h), at most one of them; nobody: one token a pass.
struct SpeculationOptions {
  bool prediction_layer = false;      // the model's own, which its file must hold
  std::filesystem::path draft_model;  // a model of the same vocabulary
  std::shared_ptr<Drafter> drafter;   // or whatever else guesses
  bool ngrams = false;                // where nobody else does: those of prompt and answer
  int64_t most = 8;                   // tokens guessed at once, 1 to 15
  bool adapts = true;  // fewer, or none, where that is faster; else always as many as can be had
};

struct EngineOptions {
  int64_t context = 0;  // tokens a sequence may hold; 0: the model's own, at most 8192
  int64_t batch = 512;  // prompt tokens a forward pass takes
  DType k_dtype = DType::kF16;
  DType v_dtype = DType::kF16;
  Paging paging = Paging::kRefused;
  std::optional<MemoryLimit> memory;  // that it may take; absent: what the system tells
  SpeculationOptions speculation;
};

struct GenerateRequest {
  std::vector<text::Token> prompt;  // whole conversation; a cached prefix of it is not read again
  SamplerParams sampling;
  int64_t max_tokens = -1;         // -1: until the end of the context
  std::vector<std::string> stops;  // text that ends the answer; may span tokens; not part of it
  // Whether the text names control tokens, as a parser of tool calls needs it.
  text::SpecialTokens specials = text::SpecialTokens::kAsText;
  const std::atomic<bool>* cancel = nullptr;  // true: stop after the running chunk or token
  std::shared_ptr<Constraint> constraint;     // what the answer may say; null: anything
  // Lengths of the prompt at which messages end: where another conversation is likely to branch
  // off. Only Service uses them.
  std::vector<int64_t> message_ends;
  std::string client;  // whose request it is: Service takes turns between clients
};

enum class FinishReason { kEnd, kStop, kLength, kCancelled };

struct SpeculationStats {
  std::string drafter;     // empty: nobody guessed
  int64_t n_passes = 0;    // of the model, after the prompt's
  int64_t n_drafted = 0;   // tokens
  int64_t n_accepted = 0;  // … that were what the sampler chose
  // Of a pass without guesses, measured while this model is loaded; 0: too few to say.
  double plain_seconds = 0;
};

// Where a prompt stopped agreeing with what was cached for longest.
struct PrefixMiss {
  int64_t n_equal = 0;              // tokens that agree
  std::vector<text::Token> cached;  // what the cache had next, some of it; empty: no miss
  std::vector<text::Token> asked;   // what the prompt has there
};

struct GenerateStats {
  int64_t n_prompt = 0;       // tokens of the prompt
  int64_t n_reused = 0;       // … found in the cache
  int64_t n_reused_disk = 0;  // … of these brought back from disk
  PrefixMiss miss;            // Service alone tells
  double queue_seconds = 0;   // before its turn came
  int64_t n_generated = 0;
  double prompt_seconds = 0;  // reading the rest of the prompt
  double decode_seconds = 0;  // after the first token
  double first_token_seconds = 0;
  double active_bytes = 0;  // that a decoded token had to read, on average: weights + KV so far
  SpeculationStats speculation;
};

struct GeneratedLogprob {
  TokenLogprob chosen;
  std::vector<TokenLogprob> top;  // most likely first
};

struct GenerateResult {
  std::vector<text::Token> tokens;         // the ending one included
  std::vector<GeneratedLogprob> logprobs;  // one a token, when asked for
  FinishReason finish = FinishReason::kEnd;
  std::string stop;  // kStop: which of the request's stop strings
  GenerateStats stats;
};

// Called with each piece of finished UTF-8 text; returns false to stop.
using TextSink = std::function<bool(std::string_view)>;

class Engine {
 public:
  // Loads the model's weights into the back end; progress(done, total) in bytes, from this thread.
  // Throws Error{kOutOfMemory} before it takes memory when the system has too little.
  Engine(const std::filesystem::path& model, Backend& backend, const EngineOptions& options,
         const std::function<void(uint64_t done, uint64_t total)>& progress = {});
  ~Engine();

  const ModelSpec& spec() const;
  const text::Tokenizer& tokenizer() const;
  std::shared_ptr<const text::Tokenizer> shared_tokenizer() const;
  int64_t context() const;
  int64_t weight_bytes() const;  // of the file's tensors
  const MemoryPlan& memory_plan() const;
  int64_t kv_bytes() const;       // allocated
  int64_t drafter_bytes() const;  // of its weights and cache

  GenerateResult generate(const GenerateRequest& request, const TextSink& sink);

  // Logits of the positions from first_row on, in rows of n_vocab, passed on some rows at a time.
  void logits(std::span<const text::Token> tokens,
              const std::function<void(int64_t first_row, std::span<const float> rows)>& sink,
              int64_t first_row = 0);

  void forget();  // drops the cached sequence

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridge
