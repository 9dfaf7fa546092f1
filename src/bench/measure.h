// Speed of a loaded model: prefill (ppN) and decode (tgN) at a depth, with the machine's own read
// bandwidth measured beside each sample, so that a rate and its ceiling come from the same moment.
// One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "backend/backend.h"
#include "engine/session.h"
#include "gguf/file.h"
#include "model/transformer.h"

namespace ridge {

struct BenchTest {
  int64_t n_prompt = 0;  // tokens of prefill to time; 0: time decode
  int64_t n_gen = 0;     // tokens of decode to time
  int64_t n_depth = 0;   // tokens in the cache before the clock starts
};

struct BenchSample {
  double seconds = 0;
  double bandwidth = 0;  // bytes/s of a plain read loop just before
};

struct BenchResult {
  BenchTest test;
  std::vector<BenchSample> samples;
  double bytes_per_token = 0;  // weights + KV that a decoded token must read; 0 for prefill

  int64_t n_tokens() const { return test.n_prompt ? test.n_prompt : test.n_gen; }
  double median_rate() const;       // tokens/s
  double median_bandwidth() const;  // bytes/s
  double mean_rate() const;
  double rate_deviation() const;  // standard deviation of the samples' rates
  double rate(const BenchSample& sample) const { return double(n_tokens()) / sample.seconds; }
  // Measured decode rate over (bandwidth / bytes that a token must read); 0 for prefill.
  double bue() const;
};

// A model loaded to be measured, without tokenizer or sampler.
struct BenchModel {
  BenchModel(const std::filesystem::path& path, Backend& backend, const LoadProgress& progress);

  int64_t n_parameters = 0;
  int64_t file_bytes = 0;
  int64_t active_weight_bytes = 0;  // that a decoded token reads
  Backend& backend;
  Transformer transformer;

 private:
  BenchModel(const gguf::File& file, Backend& backend, const LoadProgress& progress);
};

// Runs the test n_repeat times after one short warm-up. Tokens are drawn from a fixed seed. Stops
// early, with the samples so far, when `keep_going` (may be empty) says no.
BenchResult run_bench(const BenchTest& test, int n_repeat, const BenchModel& model,
                      Session& session, const std::function<bool()>& keep_going = {});

}  // namespace ridge
