#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <climits>

#include "base/check.h"

namespace ridge {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kSpin = std::chrono::microseconds(80);
constexpr auto kYield = std::chrono::microseconds(400);
constexpr int kLinesAhead = 8;  // asked for between two looks at a flag

std::vector<int> allowed_cores() {
  std::vector<int> cores;
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
  }
#endif
  return cores;
}

// Pinning is a hint: a container may refuse it, and then the scheduler decides.
void pin_to(int core) {
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
#else
  (void)core;
#endif
}

void pause_core() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

uint64_t pack(Share share) {
  return uint64_t(share.begin) << 32 | uint64_t(share.end);
}
Share unpack(uint64_t packed) {
  return {int64_t(packed >> 32), int64_t(packed & 0xffffffffu)};
}

}  // namespace

int available_cores() {
  const int allowed = int(allowed_cores().size());
  return std::max(1, allowed > 0 ? allowed : int(std::thread::hardware_concurrency()));
}

ThreadPool::ThreadPool(int n_threads)
    : size_(n_threads > 0 ? n_threads : available_cores()),
      errors_(size_t(size_)),
      parts_(size_t(size_)),
      expected_(size_t(size_)) {
  const std::vector<int> cores = allowed_cores();
  workers_.reserve(size_t(size_ - 1));
  for (int thread = 1; thread < size_; ++thread) {
    workers_.emplace_back([this, thread, cores] {
      if (!cores.empty()) pin_to(cores[size_t(thread) % cores.size()]);
      work(thread);
    });
  }
}

ThreadPool::~ThreadPool() {
  section_.store(INT_MIN, std::memory_order_release);
  section_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

// Waits until `value` differs from `old`; returns the new value.
int ThreadPool::wait_for_change(const std::atomic<int>& value, int old, const Expected& expected) {
  const auto start = Clock::now();
  const char* ahead = expected.begin.load(std::memory_order_relaxed);
  const char* end = ahead + expected.n_bytes.load(std::memory_order_relaxed);
  for (;;) {
    for (int i = 0; i < 64; ++i) {
      const int now = value.load(std::memory_order_acquire);
      if (now != old) return now;
      if (ahead < end) {
        for (int line = 0; line < kLinesAhead; ++line, ahead += 64) __builtin_prefetch(ahead, 0, 2);
      } else {
        pause_core();
      }
    }
    const auto waited = Clock::now() - start;
    if (waited > kYield) break;
    if (waited > kSpin) std::this_thread::yield();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

void ThreadPool::expect_read(int thread, const void* begin, size_t n_bytes) {
  Expected& expected = expected_[size_t(thread)];
  expected.begin.store(static_cast<const char*>(begin), std::memory_order_relaxed);
  expected.n_bytes.store(n_bytes, std::memory_order_relaxed);
}

void ThreadPool::run_job(const Job& job) {
  if (size_ == 1) {
    job.call(job.context, 0);
    return;
  }
  job_ = job;
  n_pending_.store(size_ - 1, std::memory_order_relaxed);
  // Wraps within the non-negative numbers: a negative section ends the workers.
  section_.store((section_.load(std::memory_order_relaxed) + 1) & INT_MAX,
                 std::memory_order_release);
  section_.notify_all();
  run_member(job, 0);
  for (int pending; (pending = n_pending_.load(std::memory_order_acquire)) != 0;) {
    wait_for_change(n_pending_, pending, expected_[0]);
  }
  std::exception_ptr first;
  for (std::exception_ptr& error : errors_) {
    if (error && !first) first = error;
    error = nullptr;
  }
  if (first) std::rethrow_exception(first);
}

void ThreadPool::run_member(const Job& job, int thread) noexcept {
  try {
    job.call(job.context, thread);
  } catch (...) {
    errors_[size_t(thread)] = std::current_exception();
  }
}

void ThreadPool::deal(int64_t n) {
  RIDGE_CHECK(n >= 0 && n <= int64_t{0xffffffff});
  for (int i = 0; i < size_; ++i) {
    parts_[size_t(i)].left.store(pack(share_of(n, i, size_)), std::memory_order_relaxed);
  }
}

// Empty when nothing is left.
Share ThreadPool::take(int thread, int64_t grain) {
  for (int i = 0; i < size_; ++i) {
    std::atomic<uint64_t>& part = parts_[size_t((thread + i) % size_)].left;
    uint64_t seen = part.load(std::memory_order_relaxed);
    for (Share left; (left = unpack(seen)).size() > 0;) {
      const int64_t n = std::min(left.size(), std::max(grain, left.size() / 4 / grain * grain));
      const bool own = i == 0;
      const int64_t cut = own ? left.begin + n : left.end - n;
      const Share front{left.begin, cut};
      const Share back{cut, left.end};
      if (part.compare_exchange_weak(seen, pack(own ? back : front), std::memory_order_relaxed)) {
        return own ? front : back;
      }
    }
  }
  return {0, 0};
}

void ThreadPool::work(int thread) {
  int seen = 0;
  for (;;) {
    seen = wait_for_change(section_, seen, expected_[size_t(thread)]);
    if (seen < 0) return;
    run_member(job_, thread);
    if (n_pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) n_pending_.notify_one();
  }
}

}  // namespace ridge
