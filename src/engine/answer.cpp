#include "engine/answer.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ridge {

Answer::Answer(const GenerateRequest& request, const text::Tokenizer& tokenizer, int n_vocab,
               const TextSink& sink)
    : request_(request),
      tokenizer_(tokenizer),
      sampler_(request.sampling, n_vocab),
      decoder_(tokenizer, request.specials),
      stops_(request.stops),
      sink_(sink) {
  if (request.constraint != nullptr) allowed_.resize((size_t(n_vocab) + 31) / 32);
  for (text::Token token : request.prompt) sampler_.accept(token);
}

bool Answer::next(std::span<float> logits) {
  if (request_.constraint != nullptr) forbid(logits);
  const Sampled sampled = sampler_.sample(logits);
  sampler_.accept(sampled.token);
  if (request_.constraint != nullptr) request_.constraint->accept(sampled.token);
  result.tokens.push_back(sampled.token);
  if (request_.sampling.n_logprobs > 0) record_logprobs(sampled);
  if (tokenizer_.ends_generation(sampled.token)) return end(FinishReason::kEnd);
  if (!emit(decoder_.push(sampled.token))) return false;
  return room() > 0 || end(FinishReason::kLength);
}

Answer::Taken Answer::next_of(std::span<const text::Token> pass, std::span<float> logits) {
  const size_t n_vocab = logits.size() / pass.size();
  Taken taken{.n_kept = 1, .goes_on = next(logits.first(n_vocab))};
  while (taken.goes_on && taken.n_kept < pass.size() && last() == pass[taken.n_kept]) {
    if (is_cancelled()) {
      taken.goes_on = end(FinishReason::kCancelled);
    } else {
      taken.goes_on = next(logits.subspan(taken.n_kept * n_vocab, n_vocab));
      ++taken.n_kept;
    }
  }
  return taken;
}

// What goes wrong goes wrong again in next(), where it is told.
void Answer::prepare() noexcept {
  if (request_.constraint == nullptr || mask_ != Mask::kUnknown) return;
  try {
    mask_ = request_.constraint->allowed(allowed_) ? Mask::kKnown : Mask::kAllowsAll;
  } catch (...) {
    mask_ = Mask::kUnknown;
  }
}

void Answer::forbid(std::span<float> logits) {
  if (mask_ == Mask::kUnknown) {
    mask_ = request_.constraint->allowed(allowed_) ? Mask::kKnown : Mask::kAllowsAll;
  }
  if (std::exchange(mask_, Mask::kUnknown) == Mask::kAllowsAll) return;
  for (size_t word = 0; word < allowed_.size(); ++word) {
    if (allowed_[word] == ~uint32_t{0}) continue;
    const size_t end = std::min(logits.size(), 32 * (word + 1));
    for (size_t token = 32 * word; token < end; ++token) {
      if ((allowed_[word] >> (token % 32) & 1) == 0) {
        logits[token] = -std::numeric_limits<float>::infinity();
      }
    }
  }
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
  if (!out.stopped) return true;
  result.stop = out.stop;
  return end(FinishReason::kStop);
}

void Answer::record_logprobs(const Sampled& sampled) {
  result.logprobs.push_back(
      {.chosen = sampled.chosen, .top = {sampled.top.begin(), sampled.top.end()}});
}

}  // namespace ridge
