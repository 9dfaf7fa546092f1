// DRY ("don't repeat yourself"; P. E. Weidmann, text-generation-webui pull request 5637): a token
// that would go on a repetition gets the worse the longer the repetition is. If the last m tokens
// occur earlier and token t follows there, with m the longest such length for t:
//   logit_t -= multiplier * base^(m - allowed_length)   for m >= allowed_length.
// Breakers end a match: it holds no token of or before the last breaker, and tokens that complete a
// breaker are never penalised. All lengths come from one pass over the Z function of the reversed
// history (D. Gusfield, Algorithms on Strings, 1.3): O(n) in its length.
// One per sequence; one thread. Allocates in the constructor only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sample/params.h"

namespace ridge::sample {

class Dry {
 public:
  Dry(const SamplerParams& params, int n_vocab);
  bool is_on() const { return multiplier_ > 0; }
  void apply(std::span<const int32_t> recent, std::span<float> logits);

 private:
  int tokens_since_breaker(std::span<const int32_t> recent) const;
  bool completes_breaker(std::span<const int32_t> recent, int32_t token) const;

  float multiplier_;
  float base_;
  int allowed_length_;
  std::vector<std::vector<int32_t>> breakers_;
  std::vector<int32_t> z_;        // [recent.size()]
  std::vector<int32_t> longest_;  // [n_vocab], all 0 between calls
  std::vector<int32_t> touched_;  // tokens with longest_ > 0
};

}  // namespace ridge::sample
