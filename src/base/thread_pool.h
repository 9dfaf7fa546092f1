// ThreadPool: a fixed team of threads for parallel loops. The calling thread is member 0 and the
// pool owns the others, each pinned to one of the cores this process may use. Workers that wait
// spin first, then yield, then sleep, so back-to-back sections cost about a microsecond and an idle
// pool costs nothing. A section allocates nothing. With one thread everything runs on the caller.
//
// One thread at a time may call run(); sections do not nest. What a member throws is rethrown by
// run() once all members are done (the first one, if several threw).
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace ridge {

// Items [begin, end).
struct Share {
  int64_t begin;
  int64_t end;
  int64_t size() const { return end - begin; }
};

// Cores that this process may run on (affinity mask), at least 1.
int available_cores();

class ThreadPool {
 public:
  explicit ThreadPool(int n_threads = 0);  // 0: one per available core
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return size_; }

  // Calls fn(thread) once on each member, thread in [0, size()), and returns when all are done.
  template <class Fn>
  void run(Fn&& fn) {
    using Callable = std::remove_reference_t<Fn>;
    Job job;
    job.context = const_cast<void*>(static_cast<const void*>(&fn));
    job.call = [](void* context, int thread) { (*static_cast<Callable*>(context))(thread); };
    run_job(job);
  }

  // Calls fn(task, thread) for every task in [0, n_tasks); a free member takes the next one.
  template <class Fn>
  void run_tasks(int64_t n_tasks, Fn&& fn) {
    std::atomic<int64_t> next{0};
    run([&](int thread) {
      for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < n_tasks;) {
        fn(task, thread);
      }
    });
  }

  // Calls fn(share, thread) for shares that cover [0, n) once, n below 2^32. Every member works
  // through an even part of the items from its front, a quarter of what is left at a time but no
  // less than `grain`; who is done takes such shares from the end of the others' parts. So memory
  // is read in order and no member waits long for a slow one, but which member gets what is chance:
  // no result may depend on it.
  template <class Fn>
  void run_shares(int64_t n, int64_t grain, Fn&& fn) {
    deal(n);
    run([&](int thread) {
      for (Share share; (share = take(thread, grain)).size() > 0;) fn(share, thread);
    });
  }

  // Where `thread` will read first in a section to come. Members that wait ask for these bytes
  // meanwhile, so that memory works while one thread does something small between two sections. A
  // wrong guess costs nothing but the reads; null ends it.
  void expect_read(int thread, const void* begin, size_t n_bytes);

 private:
  struct Job {
    void (*call)(void* context, int thread) = nullptr;
    void* context = nullptr;
  };

  void run_job(const Job& job);
  void run_member(const Job& job, int thread) noexcept;
  void work(int thread);
  void deal(int64_t n);
  Share take(int thread, int64_t grain);

  struct alignas(64) Part {
    std::atomic<uint64_t> left{0};  // begin and end of a Share, 32 bits each
  };
  struct alignas(64) Expected {
    std::atomic<const char*> begin{nullptr};
    std::atomic<size_t> n_bytes{0};
  };
  static int wait_for_change(const std::atomic<int>& value, int old, const Expected& expected);

  int size_ = 1;
  Job job_;
  std::vector<std::exception_ptr> errors_;  // one slot a member
  std::vector<Part> parts_;                 // likewise
  std::vector<Expected> expected_;          // likewise
  std::vector<std::thread> workers_;
  // Each on its own cache line: the team polls one while members write the other.
  alignas(64) std::atomic<int> section_{0};  // number of sections begun; negative: the end
  alignas(64) std::atomic<int> n_pending_{0};
};

// The share of n items that member `thread` of `n_threads` gets in an even split.
inline Share share_of(int64_t n, int thread, int n_threads) {
  return {n * thread / n_threads, n * (thread + 1) / n_threads};
}

}  // namespace ridge
