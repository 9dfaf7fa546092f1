// What the history keeps of a benchmark: plain data, the same whether measured here, against a
// server, or read from another program's file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ridge::history {

struct SampleRecord {
  double seconds = 0;
  double bandwidth = 0;  // bytes/s of a plain read loop at that moment; 0: unknown
};

// One test. 0 and "" stand for what is unknown.
struct ResultRecord {
  std::string model;       // file name, or what a server calls it
  std::string model_type;  // "qwen2 1.54B Q4_K_M"
  int64_t model_size = 0;  // bytes
  int64_t model_n_params = 0;
  std::string backend;  // "cpu avx2, 2 threads"
  int64_t n_threads = 0;
  int64_t n_ubatch = 0;
  std::string type_k;
  std::string type_v;
  int64_t n_prompt = 0;
  int64_t n_gen = 0;
  int64_t n_depth = 0;
  int64_t n_columns = 1;
  double n_tokens = 0;         // that one sample times
  double bytes_per_token = 0;  // that must be read
  double macs_per_token = 0;
  std::vector<SampleRecord> samples;

  std::vector<double> rates() const;  // tokens/s
  std::string test() const;           // "pp512 @ d4096"
};

struct RunRecord {
  int64_t id = 0;          // given by the history
  std::string time;        // UTC, "2026-11-21T13:45:00Z"
  std::string label;       // the user's own
  std::string engine;      // "ridge", "llama.cpp", or the URL that was measured
  std::string build;       // of the engine
  std::string machine;     // what it is, for people
  std::string machine_id;  // equal for the same machine; empty: unknown
  std::vector<std::string> warnings;
  double mac_roof = 0;  // multiply-adds/s that matmul alone reaches; 0: not measured
  std::vector<ResultRecord> results;
};

}  // namespace ridge::history
