// What `ridge bench` is asked to measure: the options as typed, and the plan they make: every
// combination of the lists, grouped so that a model is loaded once for all tests that can share it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/test.h"

namespace ridge::cli {

// Lists as typed, each word still with its commas. An empty list means the default beside it.
struct BenchLists {
  std::vector<std::string> models;
  std::vector<std::string> prompts;      // 512
  std::vector<std::string> generations;  // 128
  std::vector<std::string> pairs;        // none
  std::vector<std::string> depths;       // 0
  std::vector<std::string> columns;      // 1
  std::vector<std::string> batches;      // 2048
  std::vector<std::string> ubatches;     // 512
  std::vector<std::string> threads;      // one per core
  std::vector<std::string> isas;         // the best
  std::vector<std::string> k_types;      // f16
  std::vector<std::string> v_types;      // f16
};

struct CacheSetup {
  std::string k_type = "f16";
  std::string v_type = "f16";
  int64_t n_batch = 2048;
  int64_t n_ubatch = 512;

  // Prompt tokens of a forward pass here: a batch is cut into microbatches, as llama.cpp does.
  int64_t chunk() const { return n_batch < n_ubatch ? n_batch : n_ubatch; }
};

struct ModelSetup {
  std::string model;  // as typed
  std::string isa;    // empty: the best
  int n_threads = 0;  // 0: one per core
};

struct BenchPlan {
  std::vector<ModelSetup> models;
  std::vector<CacheSetup> caches;  // for each of the models
  std::vector<BenchTest> tests;    // for each of the caches
};

// Throws Error{kInvalidArgument} for values that are none, and when nothing is left to measure.
BenchPlan plan_bench(const BenchLists& lists);

// The tests alone: depth by depth, in each prompts, answers (by columns), pairs.
std::vector<BenchTest> plan_tests(const BenchLists& lists);

}  // namespace ridge::cli
