#include "cpu/ops/bandwidth.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "cpu/mapped_memory.h"

namespace ridge::cpu {
namespace {

constexpr size_t kLeast = size_t{64} << 20;
constexpr size_t kLarge = size_t{512} << 20;
constexpr size_t kSlices = 8;
constexpr double kSeconds = 0.2;
constexpr double kSecondsOfSmall = 0.02;
constexpr int kMaxPasses = 8;

MappedMemory largest_block(size_t wanted) {
  for (size_t n_bytes = wanted; n_bytes > kLeast; n_bytes /= 2) {
    try {
      return MappedMemory(n_bytes, "the bandwidth measurement");
    } catch (const Error&) {
      continue;  // half as much may be there
    }
  }
  return MappedMemory(kLeast, "the bandwidth measurement");
}

// Independent sums keep several loads in flight; the compiler vectorises them.
uint64_t sum_words(const uint64_t* words, size_t n) {
  uint64_t sums[8] = {};
  for (size_t i = 0; i + 8 <= n; i += 8) {
    for (size_t j = 0; j < 8; ++j) sums[j] += words[i + j];
  }
  uint64_t total = 0;
  for (uint64_t sum : sums) total += sum;
  return total;
}

}  // namespace

double measure_read_bandwidth(ThreadPool& pool, size_t n_bytes) {
  using Clock = std::chrono::steady_clock;
  const MappedMemory memory = largest_block(n_bytes);
  const size_t n_words = memory.size() / sizeof(uint64_t);
  const auto* words = reinterpret_cast<const uint64_t*>(memory.data());
  std::atomic<uint64_t> sink{0};  // keeps the loads alive
  const auto each = [&](auto&& fn) {
    pool.run([&](int thread) {
      const Share share = share_of(int64_t(n_words), thread, pool.size());
      fn(size_t(share.begin), size_t(share.end - share.begin));
    });
  };
  // Untouched pages all read as one page of zeros, from cache: give every page memory of its own.
  each([&](size_t begin, size_t n) {
    std::memset(memory.data() + begin * sizeof(uint64_t), 1, n * sizeof(uint64_t));
  });
  // Timed by slices, of which a cache keeps none until its next turn. Their median: what else runs
  // on the machine costs a slice or two, not the result, and a lucky slice, which on a shared
  // memory bus reads a third more than it can do for long, does not make it either.
  std::vector<double> seconds;
  const auto start = Clock::now();
  const double enough = memory.size() < kLarge ? kSecondsOfSmall : kSeconds;
  for (int pass = 0; pass < kMaxPasses; ++pass) {
    for (size_t slice = 0; slice < kSlices; ++slice) {
      const auto before = Clock::now();
      each([&](size_t begin, size_t n) {
        sink += sum_words(words + begin + slice * (n / kSlices), n / kSlices);
      });
      seconds.push_back(std::chrono::duration<double>(Clock::now() - before).count());
    }
    const double spent = std::chrono::duration<double>(Clock::now() - start).count();
    if (spent > enough) break;
  }
  const auto middle = seconds.begin() + std::ptrdiff_t(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return double(memory.size() / kSlices) / *middle;
}

}  // namespace ridge::cpu
