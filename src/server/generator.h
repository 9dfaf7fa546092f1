// Generator: what the APIs see of the engine. EngineGenerator (engine_generator.h) is the real one;
// tests of wire formats have one that plays back what it is given. Any thread, unless said.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "chat/conversation.h"
#include "chat/family.h"
#include "chat/output_parser.h"
#include "engine/service.h"
#include "sample/constraint.h"
#include "sample/params.h"

namespace ridge::server {

// What there is to say about the model.
struct ModelCard {
  std::string id;  // the name it is served under
  std::string architecture;
  std::string quant;    // "Q4_K_M"
  std::string family;   // how it writes tool calls
  int64_t created = 0;  // Unix time of its file
  int64_t n_bytes = 0;  // of its weights
  int64_t n_parameters = 0;
  int64_t n_context = 0;          // tokens that one request may have, prompt and answer
  int64_t n_context_trained = 0;  // … that the model knows; 0: not said
  int64_t n_vocab = 0;
  int64_t d_model = 0;
  int64_t n_slots = 1;        // requests that run together
  std::string chat_template;  // source; empty: it only continues text
  bool takes_tools = false;
  bool reasons = false;
  bool fills_in = false;  // has tokens for text before and after a gap
};

// A request for one or more answers to the same prompt, whatever API it came through.
struct AnswerRequest {
  enum class Input { kConversation, kText, kTokens, kFillIn };
  Input input = Input::kConversation;
  chat::Conversation conversation;  // kConversation
  std::string text;                 // kText; kFillIn: before the gap
  std::string suffix;               // kFillIn: after it
  std::vector<text::Token> tokens;  // kTokens

  chat::AnswerRules rules;  // its tools are the conversation's
  SamplerParams sampling;
  std::optional<uint64_t> seed;  // absent: a new one each time
  std::vector<std::string> dry_breakers{"\n", ":", "\"", "*"};
  int64_t max_tokens = -1;  // -1: as many as the context takes
  std::vector<std::string> stops;
  int n_choices = 1;
  std::string client;  // whose turn it is, where clients take turns
  // Goes around what binds the answer (its grammar, or null), once a choice; empty: nothing does.
  // For tests that say what a better model would.
  std::function<std::shared_ptr<Constraint>(std::shared_ptr<Constraint>)> bind;
};

// One token as logprobs report it. The text may be a part of a character.
struct TokenReport {
  std::string text;
  double logprob = 0;
  struct Rival {
    std::string text;
    double logprob = 0;
  };
  std::vector<Rival> top;
};

struct AnswerEnd {
  FinishReason finish = FinishReason::kEnd;
  bool context_full = false;  // kLength: by the context, not by max_tokens
  int64_t n_reasoning = 0;    // tokens
  int unparsed_calls = 0;
  std::string stop;  // kStop: which of the request's
  GenerateStats stats;
};

// Hears of answers on the HTTP thread: begin() first, when the request was accepted, then of its
// choices 0 … n_choices - 1. After ended() or failed() nothing more is heard of that choice; a
// route hears of one failure at most (call.h), and then nothing more at all.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void begin() {}
  virtual void queued(int64_t /*position*/) {}
  virtual void reading(const PromptProgress& /*progress*/) {}
  virtual void piece(int choice, std::span<const chat::Event> events,
                     std::span<const TokenReport> tokens) = 0;
  virtual void ended(int choice, const AnswerEnd& end) = 0;
  virtual void failed(int choice, const Error& error) = 0;
};

// A request that was understood: rendered, tokenised, its grammar compiled.
class Generation {
 public:
  virtual ~Generation() = default;
  virtual int64_t n_prompt() const = 0;
  // Once. post: runs a task on the HTTP thread. Throws Error{kBusy} when the line is full.
  virtual void start(std::shared_ptr<AnswerSink> sink,
                     std::function<void(std::function<void()>)> post) = 0;
  // Its answers end soon, with kCancelled. Before start() it has no effect.
  virtual void cancel() = 0;
};

class Generator {
 public:
  virtual ~Generator() = default;
  virtual const ModelCard& card() const = 0;
  // Takes its time; on a worker. Throws RequestError and Error for what the request asks wrongly.
  virtual std::shared_ptr<Generation> prepare(AnswerRequest request) = 0;
  // Tokens that prepare() would give; no more is checked than that needs.
  virtual std::vector<text::Token> prompt_tokens(const AnswerRequest& request) const = 0;
  virtual std::string prompt_text(const chat::Conversation& conversation) const = 0;
  virtual EmbeddingResult embed(std::vector<text::Token> tokens) = 0;
  virtual const text::Tokenizer& tokenizer() const = 0;
  virtual ServiceStatus status() const = 0;
};

}  // namespace ridge::server
