#include "engine/actions/speculate.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ridge {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

SamplerParams without_logprobs(SamplerParams params) {
  params.n_logprobs = 0;
  return params;
}

}  // namespace

Speculation::Speculation(std::shared_ptr<Drafter> drafter, const SpeculationOptions& options)
    : drafter_(std::move(drafter)),
      most_(options.most),
      adapts_(options.adapts),
      length_(int(options.most)) {
  pass_.reserve(size_t(most_) + 1);
}

void Speculation::begin(const GenerateRequest& request, int n_vocab, int64_t capacity) {
  length_.begin();
  sampler_.emplace(without_logprobs(request.sampling), n_vocab);
  text_.reserve(size_t(capacity) + 1);
  text_.assign(request.prompt.begin(), request.prompt.end());
  n_prompt_ = text_.size();
  has_drafted_ = false;
}

// The step gives one token beside the drafted ones.
int64_t Speculation::wanted(const Session& session, const Answer& answer) {
  const int64_t in_cache = session.capacity() - int64_t(session.tokens().size());
  const int64_t most = std::min({most_, in_cache - 1, answer.room() - 1});
  if (most <= 0) return 0;
  return adapts_ ? std::min<int64_t>(most, length_.next()) : most;
}

std::span<const text::Token> Speculation::draft(int64_t most, const Answer& answer) {
  if (most == 0) return {};
  const auto answered = std::span(answer.result.tokens).subspan(text_.size() - n_prompt_);
  text_.insert(text_.end(), answered.begin(), answered.end());
  sampler_->follow(answer.sampler());
  const auto draft = drafter_->propose({.text = text_, .most = most, .sampler = *sampler_});
  return draft.first(std::min(draft.size(), size_t(most)));
}

SpeculativeStep Speculation::step(Session& session, Answer& answer) {
  const auto start = Clock::now();
  const auto draft = this->draft(wanted(session, answer), answer);
  const auto drafted = Clock::now();
  const bool is_first_draft = !draft.empty() && !std::exchange(has_drafted_, true);
  pass_.assign(1, answer.last());
  pass_.insert(pass_.end(), draft.begin(), draft.end());

  const auto first_pos = int64_t(session.tokens().size());
  if (!draft.empty()) session.begin_trial();
  const Tensor hidden = session.append(pass_);
  const std::span<float> logits = session.logits(hidden);
  const auto read = Clock::now();

  const auto [n_read, goes_on] = answer.next_of(pass_, logits);
  if (!draft.empty()) session.keep(int64_t(n_read));
  drafter_->observe(first_pos, std::span(pass_).first(n_read),
                    slice_rows(hidden, 0, int64_t(n_read)));

  const SpeculativeStep step{
      .goes_on = goes_on, .n_drafted = int64_t(draft.size()), .n_accepted = int64_t(n_read) - 1};
  length_.record({.n_drafted = int(step.n_drafted),
                  .n_accepted = int(step.n_accepted),
                  .draft_seconds = seconds(start, drafted),
                  .pass_seconds = seconds(drafted, read),
                  .draft_read_prompt = is_first_draft});
  return step;
}

}  // namespace ridge
