// Rounds: every test once a round, so that a slow minute of the machine hits all of them and the
// ratios between tests stay true; the read bandwidth is measured anew before every sample that is
// held against it, which are those of decode. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "bench/result.h"
#include "bench/runner.h"

namespace ridge {

enum class WarmUp { kYes, kNo };

struct RoundsOptions {
  int n_repeat = 5;
  WarmUp warm_up = WarmUp::kYes;
  std::chrono::milliseconds delay{0};  // rest before each sample, for the machine to cool down
  std::function<bool()> keep_going;    // asked often; may be empty
  // Before each sample: how many are done, of how many, and which comes; may be empty.
  std::function<void(int64_t done, int64_t total, const BenchTest& next)> progress;
};

// One result a test, in their order; with fewer samples when keep_going said no.
std::vector<BenchResult> run_rounds(const std::vector<BenchTest>& tests, Runner& runner,
                                    const RoundsOptions& options);

}  // namespace ridge
