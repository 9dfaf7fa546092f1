// Prompts that no server has seen: random words behind a random beginning, so that no prefix cache
// can answer, and sized in the server's own tokens. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/rng.h"

namespace ridge::cli {

// How a server counts: prompt tokens = overhead + per_word * words.
struct TokenCount {
  double overhead = 0;
  double per_word = 1.3;                      // of English words, where the server does not say
  int64_t words_for(int64_t n_tokens) const;  // at least 1
};
// From two prompts of so many words and what the server counted.
TokenCount fit_count(int64_t words_a, int64_t tokens_a, int64_t words_b, int64_t tokens_b);

class PromptMaker {
 public:
  explicit PromptMaker(uint64_t seed) : rng_(seed) {}
  std::string words(int64_t n);
  // The same, and a wish for a long answer.
  std::string words_to_write_about(int64_t n);

 private:
  Rng rng_;
};

}  // namespace ridge::cli
