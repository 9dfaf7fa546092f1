#include "engine/scheduler.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "base/error.h"
#include "engine/ngram_drafter.h"

namespace ridge {
namespace {

constexpr int64_t kLandmarkEvery = 2048;  // tokens, and
constexpr int64_t kLeastBetween = 64;     // between two of them
constexpr double kChunkSeconds = 0.25;    // of a prompt's chunk, where answers wait for it
constexpr int64_t kLeastChunk = 16;       // tokens
constexpr int64_t kMissReported = 64;     // tokens that agreed before a prompt went another way
constexpr int64_t kWorthLoading = 32;     // tokens from disk
constexpr int64_t kMostMissing = 24;      // tokens of what the cache had instead

}  // namespace

Scheduler::Scheduler(const Transformer& model, Backend& backend, const text::Tokenizer& tokenizer,
                     SchedulerOptions options)
    : model_(model),
      backend_(backend),
      tokenizer_(tokenizer),
      options_(std::move(options)),
      kv_(backend, model.spec(), options_.cache),
      tree_(kv_),
      workspace_(backend, model.spec(), options_.batch, options_.cache.n_trial),
      logits_(model, backend, options_.n_running * (1 + options_.most_drafted)),
      guess_plan_(options_.n_running * (1 + options_.most_drafted)),
      kv_kinds_(kv_bytes(model.spec(), options_.cache.k_dtype, options_.cache.v_dtype)) {
  if (options_.disk) disk_.emplace(*options_.disk);
  tokens_.reserve(size_t(options_.batch));
}

Scheduler::~Scheduler() = default;

void Scheduler::add(std::unique_ptr<Job> job) {
  ++totals_.n_requests;
  waiting_.push_back(std::move(job));
  tell_positions();
}

void Scheduler::tell_positions() {
  int64_t position = 0;
  for (const std::unique_ptr<Job>& job : waiting_) {
    if (++position == job->position || job->sink == nullptr) continue;
    job->position = position;
    job->sink->queued(position);
  }
}

void Scheduler::cancel(RequestId id) {
  const auto is_it = [&](const std::unique_ptr<Job>& job) {
    return job->id == id && !job->is_embedding();
  };
  if (const auto job = std::ranges::find_if(running_, is_it); job != running_.end()) {
    if (!(*job)->answer) {
      (*job)->answer.emplace((*job)->request, tokenizer_, int(model_.spec().n_vocab),
                             (*job)->collect);
    }
    (*job)->answer->end(FinishReason::kCancelled);
    finish(**job);
    remove_finished();
    return;
  }
  const auto job = std::ranges::find_if(waiting_, is_it);
  if (job == waiting_.end()) return;
  GenerateResult result;
  if ((*job)->answer) result = std::move((*job)->answer->result);
  result.finish = FinishReason::kCancelled;
  result.stats = (*job)->stats;
  ++totals_.n_cancelled;
  (*job)->sink->finished(result);
  waiting_.erase(job);
  tell_positions();
}

void Scheduler::drop_cancelled() {
  std::vector<RequestId> ids;
  const auto collect = [&](const std::unique_ptr<Job>& job) {
    const std::atomic<bool>* flag = job->request.cancel;
    if (flag != nullptr && flag->load(std::memory_order_relaxed)) ids.push_back(job->id);
  };
  std::ranges::for_each(running_, collect);
  std::ranges::for_each(waiting_, collect);
  for (const RequestId id : ids) cancel(id);
}

// Of the client with the fewest running requests, the one that came first; what ran before goes
// first of all.
std::deque<std::unique_ptr<Job>>::iterator Scheduler::next_waiting() {
  std::map<std::string_view, int64_t> n_running;
  for (const std::unique_ptr<Job>& job : running_) ++n_running[job->request.client];
  return std::ranges::min_element(waiting_, {}, [&](const std::unique_ptr<Job>& job) {
    return job->answer ? -1 : n_running[job->request.client];
  });
}

// What runs may take all of the cache between them: they have not read it all yet, and what is
// remembered can be forgotten.
bool Scheduler::fits(const Job& job) const {
  const auto wanted = [&](const Job& it) {
    const int64_t left = it.answer ? it.answer->room() : it.request.max_tokens;
    const int64_t reserve = options_.answer_reserve;
    const int64_t answer = left < 0 ? reserve : std::min(left, reserve);
    return std::min(int64_t(it.tokens.size()) + answer, options_.context);
  };
  int64_t n_tokens = wanted(job);
  for (const std::unique_ptr<Job>& other : running_) n_tokens += wanted(*other);
  return running_.empty() || n_tokens <= options_.cache.n_tokens;
}

void Scheduler::admit() {
  bool has_changed = false;
  while (!waiting_.empty() && int64_t(running_.size()) < options_.n_running) {
    const auto next = next_waiting();
    if (!fits(**next)) break;
    running_.push_back(std::move(*next));
    waiting_.erase(next);
    has_changed = true;
    try {
      start(*running_.back());
    } catch (const Error& error) {
      fail(*running_.back(), error);
      remove_finished();
    }
  }
  if (has_changed) tell_positions();
}

void Scheduler::start(Job& job) {
  if (job.admitted == JobClock::time_point{}) {
    job.admitted = JobClock::now();
    job.stats.queue_seconds = seconds_between(job.submitted, job.admitted);
    if (!job.is_embedding()) totals_.n_prompt_tokens += job.stats.n_prompt;
  }
  if (job.is_embedding()) {
    job.sequence.emplace(kv_.create());
    return;
  }
  if (options_.most_drafted > 0) {
    if (options_.drafter == nullptr) {
      if (job.own_drafter == nullptr) job.own_drafter = std::make_unique<NgramDrafter>();
    } else if (drafter_holder_ == nullptr) {
      drafter_holder_ = &job;
      if (!job.draft_length) job.draft_length.emplace(int(options_.most_drafted));
    }
  }
  plan_landmarks(job);
  find_prefix(job);
}

// The last token is always read, for its logits.
void Scheduler::find_prefix(Job& job) {
  const auto prefix = std::span(job.tokens).first(job.tokens.size() - 1);
  const PrefixTree::Match before = tree_.match(prefix);
  if (before.n_usable <= job.n_cached() && job.sequence) return;
  int64_t n_usable = before.n_usable;
  if (disk_ && !job.sequence && disk_->match(prefix) >= n_usable + kWorthLoading) {
    n_usable = std::max(n_usable, disk_->load(prefix, kv_, tree_));
  }
  const bool is_first = !std::exchange(job.has_looked_up, true);
  job.sequence.reset();
  job.sequence.emplace(tree_.resume(prefix));
  // What it had read itself, before it waited, is nobody else's work.
  const int64_t n_reused =
      std::max(job.stats.n_reused, std::min(job.n_cached(), job.stats.n_prompt) - job.n_read);
  totals_.n_reused_tokens += n_reused - job.stats.n_reused;
  job.stats.n_reused = n_reused;
  if (!is_first) return;
  job.stats.n_reused_disk = std::max<int64_t>(0, n_reused - before.n_usable);
  totals_.n_disk_tokens += job.stats.n_reused_disk;
  if (before.n_equal >= kMissReported && before.n_equal < int64_t(prefix.size()) &&
      !before.cached_next.empty()) {
    const auto some = [](std::span<const text::Token> tokens) {
      const auto few = tokens.first(std::min(tokens.size(), size_t(kMostMissing)));
      return std::vector(few.begin(), few.end());
    };
    job.stats.miss = {.n_equal = before.n_equal,
                      .cached = some(before.cached_next),
                      .asked = some(prefix.subspan(size_t(before.n_equal)))};
  }
}

// Where others are likely to begin with a part of this prompt: after each message, where all of it
// but the last token is read (the same prompt again), and now and then. Only layers that forget
// positions need to know.
void Scheduler::plan_landmarks(Job& job) const {
  job.landmarks.clear();
  if (!kv_.keeps_moments()) return;
  const auto n = int64_t(job.tokens.size());
  std::vector<int64_t> wanted = job.request.message_ends;
  for (int64_t at = kLandmarkEvery; at < n; at += kLandmarkEvery) wanted.push_back(at);
  std::ranges::sort(wanted);
  for (const int64_t at : wanted) {
    const int64_t last = job.landmarks.empty() ? 0 : job.landmarks.back();
    if (at >= last + kLeastBetween && at < n - 1) job.landmarks.push_back(at);
  }
  if (n > 1) job.landmarks.push_back(n - 1);
}

// The oldest prompt and the one with the least left to read take turns.
Job* Scheduler::next_prompt() {
  Job* oldest = nullptr;
  Job* shortest = nullptr;
  for (const std::unique_ptr<Job>& job : running_) {
    if (job->decodes()) continue;
    if (oldest == nullptr) oldest = job.get();
    if (shortest == nullptr || job->n_unread() < shortest->n_unread()) shortest = job.get();
  }
  return n_chunks_ % 2 == 0 ? shortest : oldest;
}

int64_t Scheduler::chunk_of(const Job& job, int64_t n_decoding) const {
  int64_t n = std::min(job.n_unread(), options_.batch - n_decoding * (1 + options_.most_drafted));
  if (n_decoding > 0) {
    const double fast = row_seconds_ > 0 ? kChunkSeconds / row_seconds_ : 0;
    n = std::min(n, std::max(kLeastChunk, int64_t(fast)));
  }
  for (const int64_t at : job.landmarks) {
    if (at > job.n_cached()) return std::min(n, at - job.n_cached());
  }
  return n;
}

std::span<const text::Token> Scheduler::draft(Job& job) {
  Drafter* drafter = &job == drafter_holder_ ? options_.drafter.get() : job.own_drafter.get();
  if (drafter == nullptr) return {};
  // Recurrent states of one sequence alone can be taken back.
  if (kv_.has_states() && running_.size() > 1) return {};
  const int64_t most =
      std::min({options_.most_drafted, options_.context - int64_t(job.tokens.size()) - 1,
                job.answer->room() - 1});
  if (most <= 0) return {};
  const bool adapts = options_.adapts && job.draft_length;
  const int64_t wanted = adapts ? std::min<int64_t>(most, job.draft_length->next()) : most;
  if (wanted <= 0) return {};
  if (!job.draft_sampler) {
    SamplerParams params = job.request.sampling;
    params.n_logprobs = 0;
    job.draft_sampler.emplace(params, int(model_.spec().n_vocab));
  }
  job.draft_sampler->follow(job.answer->sampler());
  const auto draft =
      drafter->propose({.text = job.tokens, .most = wanted, .sampler = *job.draft_sampler});
  return draft.first(std::min(draft.size(), size_t(wanted)));
}

// N-grams cost nothing to find: all are asked, and what pays in a pass of them all is read.
std::vector<std::span<const text::Token>> Scheduler::draft_for(std::span<Job* const> decoding) {
  std::vector<std::span<const text::Token>> drafts;
  for (Job* job : decoding) drafts.push_back(draft(*job));
  if (options_.drafter != nullptr || !options_.adapts || options_.most_drafted == 0) return drafts;
  std::vector<GuessPlan::Request> requests;
  for (size_t i = 0; i < drafts.size(); ++i) {
    requests.push_back({&decoding[i]->acceptance, int64_t(drafts[i].size())});
  }
  guess_plan_.choose(requests);
  for (size_t i = 0; i < drafts.size(); ++i) drafts[i] = drafts[i].first(size_t(requests[i].n));
  return drafts;
}

// What nobody uses goes first; then the youngest request waits, this one if it is that. False: it
// does.
bool Scheduler::make_room(Job& job, int64_t n) {
  while (!job.sequence->can_reserve(n)) {
    if (tree_.forget_one()) continue;
    Job* victim = nullptr;
    for (const std::unique_ptr<Job>& other : running_) {
      if (other->n_cached() > 0 || other.get() == &job) victim = other.get();
    }
    const bool is_itself = victim == &job;
    if (is_itself && running_.size() == 1) {
      ridge::fail(ErrorCode::kOutOfMemory, "the KV cache of ", options_.cache.n_tokens,
                  " tokens has no room for ", n, " more after ", job.n_cached());
    }
    preempt(*victim);
    if (is_itself) return false;
  }
  return true;
}

// It waits as the first, with all that it has said so far; what it has read can be forgotten now.
void Scheduler::preempt(Job& job) {
  ++totals_.n_preempted;
  remember(job, PrefixTree::Moment::kKeep);
  job.sequence.reset();
  if (drafter_holder_ == &job) drafter_holder_ = nullptr;
  const auto at = std::ranges::find_if(running_, [&](const auto& j) { return j.get() == &job; });
  waiting_.push_front(std::move(*at));
  running_.erase(at);
}

void Scheduler::plan_pass() {
  parts_.clear();
  tokens_.clear();
  draft_seconds_ = 0;
  // Oldest first: who makes room for itself takes it from those that come later.
  std::vector<Job*> decoding;
  for (const std::unique_ptr<Job>& job : running_) {
    if (job->decodes()) decoding.push_back(job.get());
  }
  const auto is_running = [&](const Job* job) {
    return std::ranges::any_of(running_, [&](const auto& j) { return j.get() == job; });
  };
  const auto start = JobClock::now();
  const auto drafts = draft_for(decoding);
  draft_seconds_ = seconds_between(start, JobClock::now());
  for (size_t i = 0; i < decoding.size(); ++i) {
    Job* job = decoding[i];
    if (!is_running(job)) continue;
    const auto drafted = drafts[i];
    if (!make_room(*job, 1 + int64_t(drafted.size()))) continue;
    if (!drafted.empty()) job->sequence->begin_trial();
    const int64_t n_rows = 1 + int64_t(drafted.size());
    job->sequence->reserve(n_rows);
    parts_.push_back({job, n_rows, int64_t(drafted.size()), int64_t(tokens_.size()), true});
    tokens_.push_back(job->tokens.back());
    tokens_.insert(tokens_.end(), drafted.begin(), drafted.end());
  }
  if (!parts_.empty() && prompt_debt_ > 0) return;
  Job* job = next_prompt();
  if (job == nullptr) return;
  if (!job->is_embedding()) find_prefix(*job);  // another may have read the same meanwhile
  const int64_t n_rows = chunk_of(*job, int64_t(parts_.size()));
  const auto n_parts = parts_.size();
  if (!make_room(*job, n_rows)) return;
  RIDGE_CHECK(parts_.size() == n_parts);
  job->sequence->reserve(n_rows);
  parts_.push_back({job, n_rows, 0, int64_t(tokens_.size()), false});
  const auto unread = std::span(job->tokens).subspan(size_t(job->n_cached()), size_t(n_rows));
  tokens_.insert(tokens_.end(), unread.begin(), unread.end());
  ++n_chunks_;
}

bool Scheduler::step() {
  drop_cancelled();
  admit();
  if (running_.empty()) return false;
  try {
    plan_pass();
    if (parts_.empty()) return true;
    run_pass();
    failure_.clear();
  } catch (const Error& error) {  // of the pass as a whole: nobody in it can go on
    failure_ = error.what();
    std::vector<Job*> jobs;
    for (const Part& part : parts_) jobs.push_back(part.job);
    if (jobs.empty()) {
      for (const std::unique_ptr<Job>& job : running_) jobs.push_back(job.get());
    }
    for (Job* job : jobs) fail(*job, error);
  }
  remove_finished();
  return true;
}

void Scheduler::fail_all(const Error& error) {
  for (const std::unique_ptr<Job>& job : running_) fail(*job, error);
  remove_finished();
  while (!waiting_.empty()) {
    running_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    fail(*running_.back(), error);
    remove_finished();
  }
}

ServiceStatus Scheduler::status() const {
  ServiceStatus status{.totals = totals_,
                       .running = {},
                       .n_waiting = n_waiting(),
                       .kv_bytes = kv_.n_bytes(),
                       .failure = failure_};
  for (const std::unique_ptr<Job>& job : running_) {
    const int64_t n_generated = job->answer ? int64_t(job->answer->result.tokens.size()) : 0;
    status.running.push_back({.id = job->id,
                              .n_prompt = job->stats.n_prompt,
                              .n_read = job->n_cached(),
                              .n_generated = n_generated});
    for (const KvKindBytes& kind : kv_kinds_) {
      status.kv_bytes_running += kind.bytes(job->n_cached());
    }
  }
  const int64_t used = kv_.used_bytes();
  status.kv_bytes_running = std::min(status.kv_bytes_running, used);
  status.kv_bytes_cached = used - status.kv_bytes_running;
  if (disk_) status.disk_bytes = disk_->status().n_bytes;
  return status;
}

}  // namespace ridge
