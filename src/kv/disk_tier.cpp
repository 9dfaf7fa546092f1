#include "kv/disk_tier.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/background.h"
#include "base/error.h"
#include "kv/segment_file.h"

namespace ridge {
namespace {

namespace fs = std::filesystem;
using FileTime = fs::file_time_type;

constexpr int64_t kMostQueued = int64_t{512} << 20;  // bytes that wait to be written
constexpr double kKept = 0.9;                        // of max_bytes, once they are exceeded
constexpr std::string_view kSuffix = ".kv";

uint64_t prefix_sum(TokenSpan tokens) {
  return kv::checksum(std::as_bytes(tokens));
}

std::string hex(uint64_t value) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); value != 0; ++digit, value >>= 4) {
    *digit = "0123456789abcdef"[value & 15];
  }
  return text;
}

}  // namespace

struct DiskTier::State {
  explicit State(const DiskTierOptions& wanted)
      : options(wanted),
        folder(options.folder / hex(kv::checksum(std::as_bytes(std::span(wanted.key))))) {}

  // A segment that a file has, or will have.
  struct Known {
    fs::path path;
    kv::SegmentHead head;
    bool is_written = false;

    int64_t end() const { return int64_t(head.tokens.size()); }
  };

  struct Job {
    std::shared_ptr<Known> known;
    kv::Segment segment;
    FileTime saved;
    int64_t n_bytes() const { return int64_t(segment.rows.size() + segment.moment.size()); }
  };

  struct Step {
    std::shared_ptr<Known> known;
    int64_t n_equal = 0;  // tokens from the beginning that agree, after it
  };
  // How far segments continue each other along these tokens.
  std::vector<Step> walk(TokenSpan tokens) const;
  std::shared_ptr<Known> best_at(TokenSpan tokens, int64_t begin, int64_t* n_equal) const;
  void scan();
  void clean(const fs::path& path) const;
  void insert(std::shared_ptr<Known> known);
  void erase(const std::shared_ptr<Known>& known);
  static void touch(const Known& known, FileTime used);
  bool bring(const Step& step, bool with_moment, KvPool& pool, PrefixTree& tree,
             kv::Segment& segment);

  void write_all();
  void write(Job job);
  void trim();

  DiskTierOptions options;
  fs::path folder;  // of this key

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::multimap<uint64_t, std::shared_ptr<Known>> by_begin;  // by the tokens before them
  std::deque<Job> queue;
  int64_t n_queued = 0;  // bytes, that of the one being written included
  bool is_ending = false;
  DiskTierStatus status;
  std::thread writer;
};

// With the mutex held.
std::shared_ptr<DiskTier::State::Known> DiskTier::State::best_at(TokenSpan tokens, int64_t begin,
                                                                 int64_t* n_equal) const {
  std::shared_ptr<Known> best;
  *n_equal = begin;
  const auto [first, last] = by_begin.equal_range(prefix_sum(tokens.first(size_t(begin))));
  for (auto it = first; it != last; ++it) {
    const std::vector<int32_t>& its = it->second->head.tokens;
    if (it->second->head.begin != begin) continue;
    const int64_t n = std::ranges::mismatch(its, tokens).in1 - its.begin();
    if (n > *n_equal) *n_equal = n, best = it->second;
  }
  return best;
}

std::vector<DiskTier::State::Step> DiskTier::State::walk(TokenSpan tokens) const {
  std::vector<Step> steps;
  for (int64_t n = 0; n < int64_t(tokens.size());) {
    Step step;
    step.known = best_at(tokens, n, &step.n_equal);
    if (step.known == nullptr) break;
    n = step.n_equal;
    steps.push_back(std::move(step));
  }
  return steps;
}

void DiskTier::State::insert(std::shared_ptr<Known> known) {
  const auto before = TokenSpan(known->head.tokens).first(size_t(known->head.begin));
  by_begin.emplace(prefix_sum(before), std::move(known));
  ++status.n_files;
}

void DiskTier::State::erase(const std::shared_ptr<Known>& known) {
  const auto gone =
      std::ranges::find_if(by_begin, [&](const auto& entry) { return entry.second == known; });
  if (gone == by_begin.end()) return;
  by_begin.erase(gone);
  --status.n_files;
}

// What a process left half written that is gone.
void DiskTier::State::clean(const fs::path& path) const {
  std::error_code ignored;
  if (is_left_over(path)) fs::remove(path, ignored);
}

void DiskTier::State::scan() {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(options.folder)) {
    if (!entry.is_regular_file()) continue;
    if (entry.path().extension() != kSuffix) {
      clean(entry.path());
      continue;
    }
    if (entry.path().parent_path() == folder) {
      try {
        insert(std::make_shared<Known>(
            Known{entry.path(), kv::read_segment_head(entry.path(), options.key), true}));
      } catch (const Error&) {
        std::error_code ignored;
        fs::remove(entry.path(), ignored);
        continue;
      }
    }
    status.n_bytes += int64_t(entry.file_size());
  }
}

// Used at this time; ends a little before beginnings, so that they are forgotten first.
void DiskTier::State::touch(const Known& known, FileTime used) {
  std::error_code ignored;
  fs::last_write_time(known.path, used - std::chrono::microseconds(known.end()), ignored);
}

DiskTier::DiskTier(const DiskTierOptions& options) : state_(std::make_unique<State>(options)) {
  try {
    fs::create_directories(state_->folder);
    state_->scan();
  } catch (const fs::filesystem_error& error) {
    fail(ErrorCode::kIo, "cannot use ", options.folder.string(),
         " for cached prefixes: ", error.code().message());
  }
  state_->writer = std::thread([this] { state_->write_all(); });
}

DiskTier::~DiskTier() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->changed.notify_all();
  state_->writer.join();
}

int64_t DiskTier::match(TokenSpan tokens) const {
  const std::lock_guard lock(state_->mutex);
  const auto steps = state_->walk(tokens);
  return steps.empty() ? 0 : steps.back().n_equal;
}

// Room for a segment is made by forgetting others. False: it did not work out.
bool DiskTier::State::bring(const Step& step, bool with_moment, KvPool& pool, PrefixTree& tree,
                            kv::Segment& segment) {
  kv::read_segment(step.known->path, options.key, segment);
  if (segment.tokens != step.known->head.tokens || segment.begin != step.known->head.begin) {
    fail(ErrorCode::kInvalidFile, step.known->path.string(), " has changed");
  }
  const int64_t end = segment.end();
  const auto load = [&](const KvHoldShape& shape, std::span<const std::byte> bytes) {
    std::optional<KvHold> hold = KvHold::load(pool, shape, bytes);
    while (!hold && tree.forget_one()) hold = KvHold::load(pool, shape, bytes);
    return hold;
  };
  std::optional<KvHold> rows =
      load({.begin = segment.begin, .end = end, .is_moment = false}, segment.rows);
  if (!rows) return false;
  std::optional<KvHold> moment;
  if (with_moment) moment = load({.begin = end, .end = end, .is_moment = true}, segment.moment);
  return tree.add(segment.tokens, std::move(*rows), std::move(moment));
}

int64_t DiskTier::load(TokenSpan tokens, KvPool& pool, PrefixTree& tree) {
  std::vector<State::Step> steps;
  {
    const std::lock_guard lock(state_->mutex);
    steps = state_->walk(tokens);
    std::erase_if(steps, [](const auto& step) { return !step.known->is_written; });
  }
  // Without a moment at its end a segment is of use only for what comes after it.
  const auto is_usable = [&](const State::Step& step) {
    return !pool.keeps_moments() ||
           (step.known->head.has_moment && step.n_equal == step.known->end());
  };
  while (!steps.empty() && !is_usable(steps.back())) steps.pop_back();
  const PrefixTree::Match known = tree.match(tokens);
  if (steps.empty() || steps.back().n_equal <= known.n_usable) return known.n_usable;
  kv::Segment segment;
  for (const State::Step& step : steps) {
    const bool is_last = &step == &steps.back();
    if (step.n_equal <= known.n_equal && !is_last) continue;
    try {
      if (!state_->bring(step, is_last && step.known->head.has_moment, pool, tree, segment)) break;
    } catch (const Error&) {  // gone, damaged or unreadable: as if it had never been
      std::error_code ignored;
      fs::remove(step.known->path, ignored);
      const std::lock_guard lock(state_->mutex);
      state_->erase(step.known);
      break;
    }
  }
  const FileTime now = FileTime::clock::now();
  for (const State::Step& step : steps) State::touch(*step.known, now);
  return tree.match(tokens).n_usable;
}

void DiskTier::save(TokenSpan tokens, const KvSequence& sequence, std::span<const int64_t> ends,
                    const KvPool& pool, const PrefixTree& tree) {
  const std::lock_guard lock(state_->mutex);
  const auto steps = state_->walk(tokens);
  const FileTime now = FileTime::clock::now();
  for (const State::Step& step : steps) {
    if (step.known->is_written) State::touch(*step.known, now);
  }
  int64_t begin = steps.empty() ? 0 : steps.back().n_equal;
  for (const int64_t end : ends) {
    const TokenSpan covered = tokens.first(size_t(end));
    const KvHold* moment = pool.keeps_moments() ? tree.moment_after(covered) : nullptr;
    if (end <= begin || (pool.keeps_moments() && moment == nullptr)) continue;
    if (state_->n_queued > kMostQueued) return;
    kv::Segment segment{
        .begin = begin, .tokens = {covered.begin(), covered.end()}, .rows = {}, .moment = {}};
    const KvHold rows = sequence.hold(begin, end);
    segment.rows.resize(size_t(KvHold::bytes_of(pool, rows.shape())));
    rows.save(segment.rows);
    if (moment != nullptr) {
      segment.moment.resize(size_t(KvHold::bytes_of(pool, moment->shape())));
      moment->save(segment.moment);
    }
    const std::string name = hex(kv::checksum(std::as_bytes(covered), uint64_t(begin)));
    auto known = std::make_shared<State::Known>(
        State::Known{state_->folder / (name + std::string(kSuffix)),
                     {.begin = begin, .tokens = segment.tokens, .has_moment = moment != nullptr}});
    state_->insert(known);
    State::Job job{std::move(known), std::move(segment), now};
    state_->n_queued += job.n_bytes();
    state_->queue.push_back(std::move(job));
    begin = end;
  }
  state_->changed.notify_all();
}

void DiskTier::flush() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->n_queued == 0; });
}

DiskTierStatus DiskTier::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->status;
}

void DiskTier::State::write_all() {
  stay_in_background();  // what it writes matters after a restart only
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return is_ending || !queue.empty(); });
    if (queue.empty()) return;
    Job job = std::move(queue.front());
    queue.pop_front();
    const int64_t n_bytes = job.n_bytes();
    lock.unlock();
    write(std::move(job));
    lock.lock();
    n_queued -= n_bytes;
    changed.notify_all();
  }
}

void DiskTier::State::write(Job job) {
  std::string failure;
  std::error_code ignored;
  try {
    if (options.max_bytes < job.n_bytes()) {
      fail(ErrorCode::kIo, "a segment of ", job.n_bytes(), " bytes is larger than the ",
           options.max_bytes, " bytes that cached prefixes may take on disk");
    }
    kv::write_segment(job.known->path, options.key, job.segment);
    touch(*job.known, job.saved);
  } catch (const Error& error) {
    failure = error.what();
  }
  const auto size = failure.empty() ? fs::file_size(job.known->path, ignored) : 0;
  bool is_over = false;
  {
    const std::lock_guard lock(mutex);
    if (failure.empty()) {
      job.known->is_written = true;
      status.n_bytes += int64_t(size);
    } else {
      erase(job.known);
      ++status.n_failed;
      status.failure = failure;
    }
    is_over = status.n_bytes > options.max_bytes;
  }
  if (is_over) trim();
}

// Other processes write here, too: what counts is what lies there.
void DiskTier::State::trim() {
  struct File {
    FileTime used;
    fs::path path;
    int64_t size;
  };
  std::vector<File> files;
  std::error_code error;
  int64_t n_bytes = 0;
  for (auto it = fs::recursive_directory_iterator(options.folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->path().extension() != kSuffix) continue;
    std::error_code gone;
    const File file{it->last_write_time(gone), it->path(), int64_t(it->file_size(gone))};
    if (gone) continue;
    n_bytes += file.size;
    files.push_back(file);
  }
  std::ranges::sort(files, {}, &File::used);
  std::set<fs::path> removed;
  for (const File& file : files) {
    if (double(n_bytes) <= kKept * double(options.max_bytes)) break;
    fs::remove(file.path, error);
    removed.insert(file.path);
    n_bytes -= file.size;
  }
  const std::lock_guard lock(mutex);
  status.n_bytes = n_bytes;
  status.n_files -= int64_t(std::erase_if(
      by_begin, [&](const auto& entry) { return removed.contains(entry.second->path); }));
}

}  // namespace ridge
