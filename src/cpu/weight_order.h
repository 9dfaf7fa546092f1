// WeightOrder: which weights follow which. A model reads its weights in the same order for every
// token, so one token teaches where each member of the pool will begin to read after the section at
// hand; members that wait then fetch that memory (ThreadPool::expect_read). Owned by the back end;
// its caller's thread alone uses it.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "base/thread_pool.h"

namespace ridge::cpu {

class WeightOrder {
 public:
  // Where each member begins to read, in their order; empty: unknown.
  struct Run {
    const void* begin = nullptr;
    size_t n_bytes = 0;
  };
  using Starts = std::vector<Run>;

  // A section that reads the weights known by `key` begins: it is what follows the section before.
  // The pool is told what followed it the last time.
  template <class StartOf>
  void begin_section(ThreadPool& pool, const void* key, const StartOf& start_of) {
    if (const auto known = next_.find(last_); known == next_.end() || known->second.key != key) {
      Next& next = next_[last_];
      next.key = key;
      next.starts.clear();
      for (int thread = 0; thread < pool.size(); ++thread) next.starts.push_back(start_of(thread));
    }
    last_ = key;
    tell(pool);
  }

 private:
  struct Next {
    const void* key = nullptr;
    Starts starts;
  };
  void tell(ThreadPool& pool) const {
    const auto known = next_.find(last_);
    for (int thread = 0; thread < pool.size(); ++thread) {
      const bool is_known = known != next_.end() && !known->second.starts.empty();
      const Run run = is_known ? known->second.starts[size_t(thread)] : Run{};
      pool.expect_read(thread, run.begin, run.n_bytes);
    }
  }

  const void* last_ = nullptr;
  std::unordered_map<const void*, Next> next_;
};

}  // namespace ridge::cpu
