// How `ridge bench` prints a result: a table line, or JSON with the field names of llama-bench, so
// that scripts made for it work, and ours beside them. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "bench/measure.h"

namespace ridge::cli {

struct BenchSetup {
  std::string model;    // file name
  std::string backend;  // as it describes itself
  std::string k_type;
  std::string v_type;
  int64_t n_batch = 0;
  int n_threads = 0;
  int64_t n_parameters = 0;
  int64_t file_bytes = 0;
};

std::string bench_json(const BenchSetup& setup, const BenchResult& result);  // one line
std::string bench_table(const BenchSetup& setup, const std::vector<BenchResult>& results);
std::string test_name(const BenchTest& test);  // "pp512", "tg128 @ d4096"

}  // namespace ridge::cli
