// Everything that one `ridge bench` has found out, before it is printed or kept. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/derived.h"
#include "bench/machine/machine.h"
#include "bench/result.h"
#include "bench/start.h"
#include "cli/bench/plan.h"
#include "history/record.h"

namespace ridge::cli {

// One model on one back end with one cache.
struct BenchGroup {
  std::string model_path;
  std::string model_type;
  int64_t tensor_bytes = 0;
  int64_t n_parameters = 0;
  int64_t active_bytes = 0;  // of weights that a decoded token reads
  std::string backend;       // as it describes itself: "cpu avx2, 2 threads"
  int n_threads = 0;
  CacheSetup cache;
  int64_t kv_bytes = 0;     // allocated
  double mac_roof = 0;      // multiply-adds/s of matmul alone; 0: not measured
  double load_seconds = 0;  // of the load that was measured on
  double load_cached = 0;   // share of the file that was in memory before it
  std::vector<StartSample> cold;
  std::vector<StartSample> warm;
  std::vector<BenchResult> results;

  std::string model_name() const;  // the file's name alone
};

struct BenchReport {
  std::string time;  // UTC, ISO 8601
  std::string label;
  Machine machine;
  std::vector<std::string> warnings;
  std::vector<BenchGroup> groups;
};

// What the samples themselves say against them: company, steal, spread, a bandwidth that moved.
std::vector<std::string> sample_warnings(const BenchGroup& group);

history::RunRecord to_record(const BenchReport& report);

}  // namespace ridge::cli
