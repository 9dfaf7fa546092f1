// Sampler: one per sequence; turns the logits of a position into the next token through a fixed
// chain (docs/sampling.md gives the order and why). One thread. Allocates nothing after the first
// token.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sample/params.h"

namespace ridge {

struct TokenLogprob {
  int32_t token = 0;
  float logprob = 0.0f;  // natural log of the model's own probability, before the chain
};

struct Sampled {
  int32_t token = 0;
  TokenLogprob chosen;  // filled when n_logprobs > 0
  std::span<const TokenLogprob>
      top;  // n_logprobs of them, most likely first; valid until the next call
};

class Sampler {
 public:
  // Throws Error{kInvalidArgument} naming a parameter out of range, the value and the range.
  Sampler(const SamplerParams& params, int n_vocab);
  Sampler(Sampler&&) noexcept;
  ~Sampler();

  // logits: [n_vocab], changed in place; -inf forbids a token. Throws Error{kDevice} if a logit is
  // NaN or +inf and if all are -inf.
  Sampled sample(std::span<float> logits);
  // The token counts for penalties and DRY from now on: prompt tokens and sampled ones alike.
  void accept(int32_t token);
  // From now on it draws the numbers, and knows the tokens, that the other one would; both were
  // made with the same parameters, but for n_logprobs.
  void follow(const Sampler& other);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridge
