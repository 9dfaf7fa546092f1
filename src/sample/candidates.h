// Candidates: the tokens that a step of the chain may still choose, and how they are gathered from
// the logits of the whole vocabulary without sorting it. Pure functions; the caller owns the
// vectors, reserves n_vocab entries once and nothing here allocates then.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ridge::sample {

struct Candidate {
  float logit = 0.0f;
  int32_t token = 0;
};
using Candidates = std::vector<Candidate>;

// The order of all choices: the larger logit first, of equal ones the smaller token.
inline bool better(const Candidate& a, const Candidate& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

// The best token of logits [n_vocab]. Throws Error{kDevice}, naming the token, if a logit is NaN or
// +inf (a broken model or back end) and if all are -inf (every token is forbidden).
Candidate find_best(std::span<const float> logits);

// The k best tokens, best first; tokens at -inf never.
void gather_best(std::span<const float> logits, int k, Candidates& out);

// All tokens with logit >= floor, in the order of tokens; tokens at -inf never.
void gather_above(std::span<const float> logits, float floor, Candidates& out);

// Puts the k best first, in order; the others follow in any order.
void sort_best(Candidates& candidates, size_t k);

}  // namespace ridge::sample
