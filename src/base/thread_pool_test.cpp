#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

#include "base/error.h"

namespace ridge {
namespace {

class ThreadPoolTest : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunCallsEveryMemberOnce) {
  ThreadPool pool(GetParam());
  ASSERT_EQ(pool.size(), GetParam());
  std::vector<int> calls(size_t(pool.size()), 0);
  for (int section = 1; section <= 1000; ++section) {
    pool.run([&](int thread) { ++calls[size_t(thread)]; });
    for (int count : calls) ASSERT_EQ(count, section);
  }
}

TEST_P(ThreadPoolTest, TasksAreTakenOnceEach) {
  ThreadPool pool(GetParam());
  for (int64_t n : {0, 1, 2, 7, 1000}) {
    std::vector<int> taken(size_t(n), 0);
    pool.run_tasks(n, [&](int64_t task, int) { ++taken[size_t(task)]; });
    EXPECT_EQ(std::accumulate(taken.begin(), taken.end(), 0), n);
    for (int count : taken) EXPECT_EQ(count, 1);
  }
}

TEST_P(ThreadPoolTest, SharesCoverEveryItemOnce) {
  ThreadPool pool(GetParam());
  for (int64_t n : {0, 1, 2, 7, 64, 1000}) {
    for (int64_t grain : {1, 4, 100}) {
      std::vector<int> taken(size_t(n), 0);
      pool.run_shares(n, grain, [&](Share share, int) {
        for (int64_t i = share.begin; i < share.end; ++i) ++taken[size_t(i)];
      });
      for (int count : taken) ASSERT_EQ(count, 1) << n << " items, grain " << grain;
    }
  }
}

// A member that is stuck in its first share keeps no more than that share.
TEST_P(ThreadPoolTest, OthersDoTheWorkOfASlowMember) {
  ThreadPool pool(GetParam());
  if (pool.size() == 1) GTEST_SKIP() << "one member has nobody to help it";
  constexpr int64_t kItems = 64;
  std::atomic<int64_t> n_done{0};
  int64_t first_of_slow = 0;
  pool.run_shares(kItems, 1, [&](Share share, int thread) {
    if (thread == 0 && first_of_slow == 0) {
      first_of_slow = share.size();
      while (n_done.load() < kItems - first_of_slow) std::this_thread::yield();
    }
    n_done += share.size();
  });
  EXPECT_EQ(n_done.load(), kItems);
}

TEST_P(ThreadPoolTest, AWrongExpectationHarmsNobody) {
  ThreadPool pool(GetParam());
  for (int thread = 0; thread < pool.size(); ++thread) {
    pool.expect_read(thread, reinterpret_cast<const void*>(uintptr_t{4096}), size_t{1} << 20);
  }
  for (int section = 0; section < 100; ++section) pool.run([](int) {});
  for (int thread = 0; thread < pool.size(); ++thread) pool.expect_read(thread, nullptr, 0);
  pool.run([](int) {});
}

TEST_P(ThreadPoolTest, WritesOfASectionAreSeenByTheNext) {
  ThreadPool pool(GetParam());
  const int n = pool.size();
  std::vector<int64_t> a(size_t(n), 1), b(size_t(n), 0);
  for (int i = 0; i < 40; ++i) {
    pool.run([&](int t) { b[size_t(t)] = a[size_t((t + 1) % n)] + 1; });
    pool.run([&](int t) { a[size_t(t)] = b[size_t((t + 1) % n)]; });
  }
  for (int64_t value : a) EXPECT_EQ(value, 41);
}

TEST_P(ThreadPoolTest, AnExceptionReachesTheCallerAndThePoolGoesOn) {
  ThreadPool pool(GetParam());
  for (int thrower = 0; thrower < pool.size(); ++thrower) {
    EXPECT_THROW(pool.run([&](int thread) {
      if (thread == thrower) fail(ErrorCode::kIo, "member ", thread);
    }),
                 Error);
    std::atomic<int> calls{0};
    pool.run([&](int) { ++calls; });
    EXPECT_EQ(calls.load(), pool.size());
  }
}

TEST_P(ThreadPoolTest, SleepingWorkersWakeUp) {
  ThreadPool pool(GetParam());
  std::atomic<int> calls{0};
  pool.run([&](int) { ++calls; });
  // Longer than workers spin and yield: they are asleep, or about to be.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
  while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
  pool.run([&](int) { ++calls; });
  EXPECT_EQ(calls.load(), 2 * pool.size());
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPoolTest, testing::Values(1, 2, 3, 8));

TEST(ShareOf, CoversEverythingOnceInOrder) {
  for (int64_t n : {0, 1, 5, 64, 1001}) {
    for (int threads : {1, 2, 3, 8}) {
      int64_t at = 0;
      for (int t = 0; t < threads; ++t) {
        const Share share = share_of(n, t, threads);
        EXPECT_EQ(share.begin, at);
        EXPECT_LE(share.end - share.begin, n / threads + 1);
        at = share.end;
      }
      EXPECT_EQ(at, n);
    }
  }
}

}  // namespace
}  // namespace ridge
