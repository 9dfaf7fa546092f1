#include "bench/rounds.h"

#include <algorithm>
#include <thread>

namespace ridge {
namespace {

// False when told to stop meanwhile.
bool rest(std::chrono::milliseconds delay, const std::function<bool()>& keep_going) {
  constexpr std::chrono::milliseconds kSlice{50};
  for (; delay.count() > 0; delay -= kSlice) {
    if (keep_going && !keep_going()) return false;
    std::this_thread::sleep_for(std::min(delay, kSlice));
  }
  return true;
}

std::optional<BenchSample> take_sample(const BenchTest& test, Runner& runner,
                                       const RoundsOptions& options) {
  if (!rest(options.delay, options.keep_going)) return std::nullopt;
  BenchSample sample;
  if (test.is_decode()) {
    sample.bandwidth = runner.model().backend.measure_read_bandwidth(kBandwidthBytes);
  }
  const ActivityWatch watch;
  const std::optional<double> seconds = runner.run(test, options.keep_going);
  if (!seconds) return std::nullopt;
  sample.seconds = *seconds;
  sample.activity = watch.stop();
  return sample;
}

}  // namespace

std::vector<BenchResult> run_rounds(const std::vector<BenchTest>& tests, Runner& runner,
                                    const RoundsOptions& options) {
  std::vector<BenchResult> results;
  for (const BenchTest& test : tests) results.push_back({.test = test, .work = runner.work(test)});
  if (options.warm_up == WarmUp::kYes) {
    for (const BenchTest& test : tests) runner.warm_up(test);
  }
  const int64_t total = int64_t(tests.size()) * options.n_repeat;
  int64_t done = 0;
  for (int round = 0; round < options.n_repeat; ++round) {
    for (BenchResult& result : results) {
      if (options.keep_going && !options.keep_going()) return results;
      if (options.progress) options.progress(done, total, result.test);
      const auto sample = take_sample(result.test, runner, options);
      if (!sample) return results;
      result.samples.push_back(*sample);
      ++done;
    }
  }
  return results;
}

}  // namespace ridge
