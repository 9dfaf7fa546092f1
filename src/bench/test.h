// What one benchmark test does, and its name as llama-bench writes it. A value.
#pragma once

#include <cstdint>
#include <string>

#include "base/strcat.h"

namespace ridge {

struct BenchTest {
  int64_t n_prompt = 0;  // tokens of prefill to time
  int64_t n_gen = 0;     // tokens of decode to time, in each column; with n_prompt: after it
  int64_t n_depth = 0;   // tokens in each column's cache before the clock starts
  int n_columns = 1;     // sequences that decode together

  bool is_prefill() const { return n_gen == 0; }
  bool is_decode() const { return n_prompt == 0; }
  int64_t n_tokens() const { return (n_prompt + n_gen) * n_columns; }  // that are timed
  int64_t context() const { return n_depth + n_prompt + n_gen; }       // of one column
  friend bool operator==(const BenchTest&, const BenchTest&) = default;
};

// "pp512", "tg128 @ d4096", "pp512+tg128", "tg128 x4".
inline std::string name_of(const BenchTest& test) {
  std::string name = test.n_prompt > 0 ? cat("pp", test.n_prompt) : "";
  if (test.n_gen > 0) name += cat(name.empty() ? "" : "+", "tg", test.n_gen);
  if (test.n_depth > 0) name += cat(" @ d", test.n_depth);
  if (test.n_columns > 1) name += cat(" x", test.n_columns);
  return name;
}

}  // namespace ridge
