// How the benches of verbs take time: the median of some runs.
#pragma once

#include <algorithm>
#include <ctime>
#include <vector>

namespace ridge::cpu::testing {

// One thread is timed by its own CPU clock, which stands still while other programs run.
inline double now(int n_threads) {
  timespec t{};
  clock_gettime(n_threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

double median_seconds(const auto& fn, int n_threads, double budget) {
  std::vector<double> runs;
  fn();
  for (double spent = 0; runs.size() < 3 || (spent < budget && runs.size() < 500);) {
    const double start = now(n_threads);
    fn();
    runs.push_back(now(n_threads) - start);
    spent += runs.back();
  }
  std::nth_element(runs.begin(), runs.begin() + int64_t(runs.size() / 2), runs.end());
  return runs[runs.size() / 2];
}

}  // namespace ridge::cpu::testing
