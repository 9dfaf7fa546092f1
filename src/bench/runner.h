// Runner: a loaded model with a cache to run tests in, one run at a time. Each column has token ids
// of its own, drawn from a fixed seed: what they are does not matter to a dense model, and lets a
// mixture of experts choose as varied text makes it. One thread.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "bench/model.h"
#include "bench/test.h"
#include "engine/columns.h"

namespace ridge {

struct RunnerCache {
  DType k_dtype = DType::kF16;
  DType v_dtype = DType::kF16;
  int64_t chunk = 512;      // most prompt tokens of a forward pass
  int64_t n_tokens = 4096;  // of the longest column
  int n_columns = 1;
  int64_t total_tokens = 4096;  // of all columns together, in the test that needs most

  KvOptions pool_options() const {
    return {.k_dtype = k_dtype,
            .v_dtype = v_dtype,
            .n_tokens = total_tokens,
            .n_sequences = n_columns,
            .max_batch = chunk < n_tokens ? chunk : n_tokens};
  }
  // Some tests have room only when idle columns are empty.
  bool is_tight() const { return total_tokens < n_tokens * n_columns; }
};

class Runner {
 public:
  using KeepGoing = std::function<bool()>;  // may be empty

  // Throws Error{kOutOfMemory, kInvalidArgument}. The model outlives it.
  Runner(const BenchModel& model, const RunnerCache& cache);

  // Runs the test once; seconds of what it times, or nullopt when keep_going said no. Prefill ends
  // with one row of logits, decode makes one a token, as in real use.
  std::optional<double> run(const BenchTest& test, const KeepGoing& keep_going = {});

  // Brings caches, page tables and clocks to where they stay: a chunk of prompt and some tokens.
  void warm_up(const BenchTest& test);

  TestWork work(const BenchTest& test) const {
    return work_of_test(test, model_.work, kv_kinds_, cache_.chunk);
  }
  int64_t kv_bytes() const { return columns_.kv_bytes(); }
  const BenchModel& model() const { return model_; }

 private:
  bool fill(int column, int64_t n_tokens, const KeepGoing& keep_going);
  void logits_of_last(const Tensor& hidden);

  const BenchModel& model_;
  RunnerCache cache_;
  Columns columns_;
  std::vector<KvKindBytes> kv_kinds_;
  std::vector<std::vector<text::Token>> tokens_;  // [column][position]
  std::vector<text::Token> step_;
  Tensor last_;  // hidden states of the newest prefill pass
};

// The same for every test that a set of tests needs.
RunnerCache cache_for(const std::vector<BenchTest>& tests);

}  // namespace ridge
