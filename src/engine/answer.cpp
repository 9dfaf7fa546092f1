#include "engine/answer.h"

#include <limits>

namespace ridge {

Answer::Answer(const GenerateRequest& request, const text::Tokenizer& tokenizer, int n_vocab,
               const TextSink& sink)
    : request_(request),
      tokenizer_(tokenizer),
      sampler_(request.sampling, n_vocab),
      decoder_(tokenizer, text::SpecialTokens::kAsText),
      stops_(request.stops),
      sink_(sink) {
  for (text::Token token : request.prompt) sampler_.accept(token);
}

bool Answer::next(std::span<float> logits) {
  const Sampled sampled = sampler_.sample(logits);
  sampler_.accept(sampled.token);
  result.tokens.push_back(sampled.token);
  if (request_.sampling.n_logprobs > 0) record_logprobs(sampled);
  if (tokenizer_.ends_generation(sampled.token)) return end(FinishReason::kEnd);
  if (!emit(decoder_.push(sampled.token))) return false;
  return room() > 0 || end(FinishReason::kLength);
}

bool Answer::end(FinishReason reason) {
  result.finish = reason;
  return false;
}

void Answer::flush() {
  if (result.finish == FinishReason::kStop || result.finish == FinishReason::kCancelled) return;
  const text::StopMatcher::Output rest = stops_.push(decoder_.finish());
  const std::string tail = rest.text + (rest.stopped ? "" : stops_.finish());
  if (!tail.empty() && sink_) sink_(tail);
}

bool Answer::is_cancelled() const {
  return request_.cancel != nullptr && request_.cancel->load(std::memory_order_relaxed);
}

int64_t Answer::room() const {
  if (request_.max_tokens < 0) return std::numeric_limits<int64_t>::max();
  return request_.max_tokens - int64_t(result.tokens.size());
}

bool Answer::emit(const std::string& piece) {
  const text::StopMatcher::Output out = stops_.push(piece);
  if (!out.text.empty() && sink_ && !sink_(out.text)) return end(FinishReason::kCancelled);
  return !out.stopped || end(FinishReason::kStop);
}

void Answer::record_logprobs(const Sampled& sampled) {
  result.logprobs.push_back(
      {.chosen = sampled.chosen, .top = {sampled.top.begin(), sampled.top.end()}});
}

}  // namespace ridge
