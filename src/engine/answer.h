// Answer: one answer being written. It samples each token, passes its text on as soon as it is
// whole, and knows when to end. One thread; sink and request outlive it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "sample/sampler.h"
#include "text/stop_matcher.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge {

class Answer {
 public:
  Answer(const GenerateRequest& request, const text::Tokenizer& tokenizer, int n_vocab,
         const TextSink& sink);

  // Finds out what the request's constraint allows next, which next() does otherwise. Another
  // thread may call it while nobody else uses the answer.
  void prepare() noexcept;
  bool is_constrained() const { return request_.constraint != nullptr; }

  // Samples from the logits [n_vocab] and passes the text on. False when the answer has ended.
  bool next(std::span<float> logits);
  // The same for a pass that read the last token and guesses after it, with the logits
  // [pass.size(), n_vocab] of each: every position is sampled as if it stood alone, and a guess
  // stays where it is what the sampler chose (engine/actions/speculate.h).
  struct Taken {
    size_t n_kept;  // tokens of the pass that belong to the answer, at least one
    bool goes_on;
  };
  Taken next_of(std::span<const text::Token> pass, std::span<float> logits);
  bool end(FinishReason reason);  // false
  // Passes on text that was held back for the rest of a character or of a stop string.
  void flush();

  bool is_cancelled() const;
  const Sampler& sampler() const { return sampler_; }
  text::Token last() const { return result.tokens.back(); }
  int64_t room() const;  // tokens that it may still get by request.max_tokens

  GenerateResult result;

 private:
  void forbid(std::span<float> logits);  // what the request's constraint does not allow
  bool emit(const std::string& piece);
  void record_logprobs(const Sampled& sampled);

  const GenerateRequest& request_;
  const text::Tokenizer& tokenizer_;
  Sampler sampler_;
  text::StreamDecoder decoder_;
  text::StopMatcher stops_;
  const TextSink& sink_;
  std::vector<uint32_t> allowed_;  // one bit a token, where there is a constraint
  enum class Mask { kUnknown, kAllowsAll, kKnown } mask_ = Mask::kUnknown;
};

}  // namespace ridge
