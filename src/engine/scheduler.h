// Scheduler: lets requests on one model take their steps together. Each step is one forward pass:
// a token (and perhaps guesses) of every request that is answering, and a chunk of one prompt. A
// prompt takes less than half of the time from answers; the shortest prompt goes first, and every
// other chunk is that of the oldest. What was read stays in a tree of prefixes; when the cache is
// full, what nobody uses is forgotten first, then the youngest request waits again, and goes on
// later where it was. What a request is answered does not depend on any of this. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/drafter.h"
#include "engine/guess_plan.h"
#include "engine/host_logits.h"
#include "engine/job.h"
#include "engine/mask_worker.h"
#include "kv/disk_tier.h"
#include "kv/pool.h"
#include "kv/prefix_tree.h"
#include "model/step.h"
#include "model/transformer.h"

namespace ridge {

struct SchedulerOptions {
  KvOptions cache;
  int64_t context = 0;  // tokens of one request, prompt and answer
  int64_t batch = 512;  // tokens of a pass
  int64_t n_running = 4;
  int64_t answer_reserve = 256;      // tokens of an answer that a request is let in with
  int64_t most_drafted = 8;          // tokens at once; 0: nobody guesses
  bool adapts = true;                // guesses as many as pay, else always all
  std::shared_ptr<Drafter> drafter;  // for one request at a time; null: n-grams, for each
  std::optional<DiskTierOptions> disk;
  std::vector<int64_t> weights_of_pass;  // bytes that a pass of i + 1 tokens reads
};

class Scheduler {
 public:
  Scheduler(const Transformer& model, Backend& backend, const text::Tokenizer& tokenizer,
            SchedulerOptions options);
  ~Scheduler();

  void add(std::unique_ptr<Job> job);
  void cancel(RequestId id);
  // One forward pass, and what comes of it. False: there was nothing to do.
  bool step();
  bool has_work() const { return !running_.empty() || !waiting_.empty(); }
  int64_t n_waiting() const { return int64_t(waiting_.size()); }
  // Ends all requests with this error.
  void fail_all(const Error& error);

  // All but what the thread around it knows.
  ServiceStatus status() const;

 private:
  // A request's rows in a pass.
  struct Part {
    Job* job = nullptr;
    int64_t n_rows = 0;
    int64_t n_drafted = 0;
    int64_t first_row = 0;
    bool decodes = true;  // else it reads a prompt; of these there is one, the last part
  };
  using Jobs = std::vector<std::unique_ptr<Job>>;

  void drop_cancelled();
  void admit();
  std::deque<std::unique_ptr<Job>>::iterator next_waiting();
  bool fits(const Job& job) const;
  void start(Job& job);
  void find_prefix(Job& job);
  void plan_landmarks(Job& job) const;

  void plan_pass();
  Job* next_prompt();
  int64_t chunk_of(const Job& job, int64_t n_decoding) const;
  std::span<const text::Token> draft(Job& job);
  std::vector<std::span<const text::Token>> draft_for(std::span<Job* const> decoding);
  bool make_room(Job& job, int64_t n);
  void preempt(Job& job);

  void run_pass();
  void prepare_masks();
  void learn(const Part& part, double pass_seconds);
  void account(double pass_seconds, int64_t n_decoding);
  void read(const Part& part, const Tensor& hidden);
  void decode(const Part& part, const Tensor& hidden, std::span<float> all_logits);
  void settle(const Part& part, int64_t n_kept);
  void go_on(Job& job, bool goes_on);
  void pass_on(Job& job);
  void add_to_embedding(Job& job, const Tensor& rows);
  void remember(Job& job, PrefixTree::Moment moment);
  void keep_on_disk(const Job& job);
  void finish(Job& job);
  void fail(Job& job, const Error& error);
  void remove_finished();
  void tell_positions();

  const Transformer& model_;
  Backend& backend_;
  const text::Tokenizer& tokenizer_;
  SchedulerOptions options_;
  KvPool kv_;
  PrefixTree tree_;
  std::optional<DiskTier> disk_;
  Workspace workspace_;
  HostLogits logits_;
  MaskWorker masks_;
  GuessPlan guess_plan_;
  std::vector<KvKindBytes> kv_kinds_;

  std::deque<std::unique_ptr<Job>> waiting_;
  Jobs running_;  // oldest first
  Job* drafter_holder_ = nullptr;

  // Of the pass at hand.
  std::vector<Part> parts_;
  std::vector<text::Token> tokens_;
  std::vector<BatchSequence> rows_;
  double draft_seconds_ = 0;

  uint64_t n_chunks_ = 0;
  std::string failure_;        // of the last pass; empty: it went well
  double prompt_debt_ = 0;     // seconds that answers waited for prompts and are owed
  double decode_seconds_ = 0;  // of a pass without prompts, lately
  double row_seconds_ = 0;     // of a prompt's token, lately
  ServiceTotals totals_;
};

}  // namespace ridge
