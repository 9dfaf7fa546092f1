#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "engine/scheduler.h"
#include "engine/trial.h"

namespace ridge {
namespace {

constexpr double kNewTime = 0.2;  // weight of the last measured time
// What answers get back for a second that they waited for a prompt: one would leave them half of
// their speed where every pass took the same, and less on a machine whose speed moves.
constexpr double kRepaid = 1.2;
constexpr int64_t kSegmentTokens = 2048;  // most that a file holds of a prefix without landmarks

void follow(double& mean, double value) {
  mean = mean == 0 ? value : mean + kNewTime * (value - mean);
}

}  // namespace

void Scheduler::run_pass() {
  const auto start = JobClock::now();
  rows_.clear();
  for (const Part& part : parts_) {
    rows_.push_back({.sequence = &*part.job->sequence,
                     .first_row = int(part.first_row),
                     .n_rows = int(part.n_rows)});
  }
  const bool is_trial = kv_.has_states() && parts_.front().n_drafted > 0;
  const Batch batch{.tokens = tokens_, .sequences = rows_, .trial_row = is_trial ? 0 : -1};
  prepare_masks();
  Tensor hidden;
  try {
    hidden = model_.forward(batch, kv_, workspace_);
  } catch (...) {
    masks_.wait();
    throw;
  }
  masks_.wait();
  for (const Part& part : parts_) part.job->sequence->commit(part.n_rows);

  const bool reads_prompt = !parts_.back().decodes;
  const size_t n_decoding = parts_.size() - (reads_prompt ? 1 : 0);
  if (n_decoding > 0) {
    const Part& last = parts_[n_decoding - 1];
    const Tensor rows = slice_rows(hidden, 0, last.first_row + last.n_rows);
    const std::span<float> logits = logits_.of(rows);
    const double pass_seconds = seconds_between(start, JobClock::now());
    if (!reads_prompt) guess_plan_.record(int64_t(tokens_.size()), pass_seconds);
    for (const Part& part : std::span(parts_).first(n_decoding)) {
      try {
        decode(part, hidden, logits);
        if (!reads_prompt) learn(part, pass_seconds);
      } catch (const Error& error) {
        fail(*part.job, error);
      }
    }
  }
  if (reads_prompt) {
    try {
      read(parts_.back(), slice_rows(hidden, parts_.back().first_row, parts_.back().n_rows));
    } catch (const Error& error) {
      fail(*parts_.back().job, error);
    }
  }
  account(seconds_between(start, JobClock::now()), int64_t(n_decoding));
}

void Scheduler::prepare_masks() {
  std::vector<Answer*> constrained;
  for (const Part& part : parts_) {
    Answer* answer = part.job->answer ? &*part.job->answer : nullptr;
    if (part.decodes && answer != nullptr && answer->is_constrained())
      constrained.push_back(answer);
  }
  if (!constrained.empty()) masks_.start(std::move(constrained));
}

// Beside others, too: what a guess costs there is what it costs.
void Scheduler::learn(const Part& part, double pass_seconds) {
  if (!part.job->draft_length || part.job->is_done) return;
  part.job->draft_length->record({.n_drafted = int(part.n_drafted),
                                  .n_accepted = int(part.job->n_accepted_last),
                                  .draft_seconds = draft_seconds_ / double(parts_.size()),
                                  .pass_seconds = pass_seconds});
}

// Prompts owe what a pass takes longer for them.
void Scheduler::account(double pass_seconds, int64_t n_decoding) {
  const bool reads_prompt = int64_t(parts_.size()) > n_decoding;
  const double for_answers = n_decoding > 0 ? std::min(decode_seconds_, pass_seconds) : 0;
  if (!reads_prompt) {
    follow(decode_seconds_, pass_seconds);
    prompt_debt_ = std::max(0.0, prompt_debt_ - pass_seconds);
    totals_.decode_seconds += pass_seconds;
    return;
  }
  const double for_prompt = pass_seconds - for_answers;
  follow(row_seconds_, for_prompt / double(parts_.back().n_rows));
  prompt_debt_ = n_decoding > 0 ? prompt_debt_ + kRepaid * for_prompt : 0;
  totals_.prompt_seconds += for_prompt;
  totals_.decode_seconds += for_answers;
}

void Scheduler::decode(const Part& part, const Tensor& hidden, std::span<float> all_logits) {
  Job& job = *part.job;
  Answer& answer = *job.answer;
  const auto n_vocab = size_t(model_.spec().n_vocab);
  const auto logits =
      all_logits.subspan(size_t(part.first_row) * n_vocab, size_t(part.n_rows) * n_vocab);
  const auto read = std::span(tokens_).subspan(size_t(part.first_row), size_t(part.n_rows));
  const auto [n_kept, goes_on] = answer.next_of(read, logits);
  settle(part, int64_t(n_kept));
  const int64_t first_pos = job.n_cached() - int64_t(n_kept);
  if (&job == drafter_holder_) {
    options_.drafter->observe(first_pos, read.first(n_kept),
                              slice_rows(hidden, part.first_row, int64_t(n_kept)));
  }
  job.n_accepted_last = int64_t(n_kept) - 1;
  job.acceptance.record(int(part.n_drafted), int(job.n_accepted_last));
  SpeculationStats& speculation = job.stats.speculation;
  ++speculation.n_passes;
  speculation.n_drafted += part.n_drafted;
  speculation.n_accepted += job.n_accepted_last;
  totals_.n_drafted += part.n_drafted;
  totals_.n_accepted += job.n_accepted_last;
  const auto n_columns = std::min(tokens_.size(), options_.weights_of_pass.size());
  job.bytes_read += double(options_.weights_of_pass[n_columns - 1]);
  for (const KvKindBytes& kind : kv_kinds_)
    job.bytes_read += double(kind.bytes_read(job.n_cached()));
  go_on(job, goes_on);
}

// Of the rows that a part has written, the first n_kept stay.
void Scheduler::settle(const Part& part, int64_t n_kept) {
  if (part.n_drafted == 0) return;
  const auto tried = std::span(tokens_).subspan(size_t(part.first_row), size_t(part.n_rows));
  end_trial(model_, kv_, workspace_, *part.job->sequence, tried, n_kept);
}

// Rows of a prompt (or of an answer that waited) have been read: [n, d_model].
void Scheduler::read(const Part& part, const Tensor& hidden) {
  Job& job = *part.job;
  if (job.is_embedding()) return add_to_embedding(job, hidden);
  job.n_read += part.n_rows;
  const bool is_landmark = std::ranges::binary_search(job.landmarks, job.n_cached());
  if (is_landmark || !kv_.keeps_moments()) remember(job, PrefixTree::Moment::kKeep);
  if (&job == drafter_holder_) {
    const auto rows = std::span(tokens_).subspan(size_t(part.first_row), size_t(part.n_rows));
    options_.drafter->observe(job.n_cached() - part.n_rows, rows, hidden);
  }
  job.sink->reading({.n_prompt = job.stats.n_prompt,
                     .n_reused = job.stats.n_reused,
                     .n_read = std::min(job.n_cached(), job.stats.n_prompt)});
  if (job.n_unread() > 0) return;
  if (!job.answer) {
    job.answer.emplace(job.request, tokenizer_, int(model_.spec().n_vocab), job.collect);
    job.stats.prompt_seconds = seconds_between(job.admitted, JobClock::now());
    if (job.request.max_tokens == 0) return go_on(job, job.answer->end(FinishReason::kLength));
  }
  go_on(job, job.answer->next(logits_.of(slice_rows(hidden, hidden.rows() - 1, 1))));
}

void Scheduler::go_on(Job& job, bool goes_on) {
  const std::vector<text::Token>& said = job.answer->result.tokens;
  if (!said.empty() && job.first_token == JobClock::time_point{}) {
    job.first_token = JobClock::now();
    job.stats.first_token_seconds = seconds_between(job.submitted, job.first_token);
  }
  const size_t n_known = job.tokens.size() - size_t(job.stats.n_prompt);
  totals_.n_generated_tokens += int64_t(said.size() - n_known);
  job.tokens.insert(job.tokens.end(), said.begin() + int64_t(n_known), said.end());
  if (goes_on && job.n_cached() >= options_.context)
    goes_on = job.answer->end(FinishReason::kLength);
  if (goes_on) return pass_on(job);
  finish(job);
}

void Scheduler::pass_on(Job& job) {
  const GenerateResult& result = job.answer->result;
  if (job.text.empty() && job.n_told == result.tokens.size()) return;
  const std::span<const GeneratedLogprob> logprobs = result.logprobs;
  job.sink->piece({.text = job.text,
                   .tokens = std::span(result.tokens).subspan(job.n_told),
                   .logprobs = logprobs.empty() ? logprobs : logprobs.subspan(job.n_told)});
  job.text.clear();
  job.n_told = result.tokens.size();
}

void Scheduler::finish(Job& job) {
  job.answer->flush();
  pass_on(job);
  remember(job, PrefixTree::Moment::kKeep);
  keep_on_disk(job);
  GenerateStats& stats = job.stats;
  GenerateResult result = std::move(job.answer->result);
  stats.n_generated = int64_t(result.tokens.size());
  if (stats.n_generated > 0)
    stats.decode_seconds = seconds_between(job.first_token, JobClock::now());
  if (stats.n_generated > 1) stats.active_bytes = job.bytes_read / double(stats.n_generated - 1);
  if (stats.speculation.n_drafted > 0) {
    stats.speculation.drafter =
        (job.own_drafter ? job.own_drafter.get() : options_.drafter.get())->name();
    if (job.own_drafter) stats.speculation.plain_seconds = guess_plan_.plain_seconds();
  }
  result.stats = stats;
  ++(result.finish == FinishReason::kCancelled ? totals_.n_cancelled : totals_.n_finished);
  job.is_done = true;
  job.sink->finished(result);
}

void Scheduler::fail(Job& job, const Error& error) {
  if (job.is_done) return;
  ++totals_.n_failed;
  job.is_done = true;
  if (job.sink != nullptr) job.sink->failed(error);
  if (job.is_embedding()) job.failed(error);
}

void Scheduler::remove_finished() {
  std::erase_if(running_, [&](const std::unique_ptr<Job>& job) {
    if (job->is_done && drafter_holder_ == job.get()) drafter_holder_ = nullptr;
    return job->is_done;
  });
}

void Scheduler::remember(Job& job, PrefixTree::Moment moment) {
  if (job.n_cached() == 0 || job.is_embedding()) return;
  tree_.add(std::span(job.tokens).first(size_t(job.n_cached())), *job.sequence, moment);
}

void Scheduler::keep_on_disk(const Job& job) {
  if (!disk_ || job.n_cached() == 0) return;
  std::vector<int64_t> ends = job.landmarks;
  for (int64_t at = kSegmentTokens; at < job.n_cached(); at += kSegmentTokens) ends.push_back(at);
  std::erase_if(ends, [&](int64_t at) { return at >= job.n_cached(); });
  ends.push_back(job.n_cached());
  std::ranges::sort(ends);
  disk_->save(std::span(job.tokens).first(size_t(job.n_cached())), *job.sequence, ends, kv_, tree_);
}

void Scheduler::add_to_embedding(Job& job, const Tensor& rows) {
  const auto d_model = size_t(model_.spec().d_model);
  std::vector<float> values(size_t(rows.rows()) * d_model);
  backend_.download(rows, std::as_writable_bytes(std::span(values)));
  job.embedding_sum.resize(d_model);
  for (size_t i = 0; i < values.size(); ++i) job.embedding_sum[i % d_model] += values[i];
  if (job.n_unread() > 0) return;
  double square = 0;
  for (const double value : job.embedding_sum) square += value * value;
  const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
  EmbeddingResult result{.values = {}, .n_tokens = job.stats.n_prompt};
  for (const double value : job.embedding_sum) result.values.push_back(float(value * scale));
  ++totals_.n_finished;
  job.is_done = true;
  job.embedded(std::move(result));
}

}  // namespace ridge
