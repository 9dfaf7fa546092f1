// Perplexity of a text by llama.cpp's protocol, so that figures compare: the text is tokenised
// once; windows of n_context tokens do not overlap; the first token of each is replaced by BOS
// where the model adds one; only predictions of the second half count, which see at least half a
// window.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/engine.h"

namespace ridge::cli {

struct PerplexityOptions {
  int64_t n_context = 512;
  int64_t max_chunks = -1;  // -1: the whole text
};

struct PerplexityResult {
  double perplexity = 0;
  double standard_error = 0;  // of the perplexity
  double mean_nll = 0;        // nats per token
  int64_t n_scored = 0;
  int64_t n_tokens = 0;  // of the text
  int64_t n_chunks = 0;
  int64_t n_context = 0;
  double seconds = 0;
};

// Sums of the negative log-likelihoods, and what follows from them.
class NllSum {
 public:
  void add(double nll);
  int64_t count() const { return count_; }
  double mean() const;
  double perplexity() const;
  double standard_error() const;  // of the perplexity, by the delta method

 private:
  int64_t count_ = 0;
  double sum_ = 0;
  double sum_of_squares_ = 0;
};

// -log softmax(logits)[target], in nats; the sum is taken in double.
double negative_log_likelihood(std::span<const float> logits, text::Token target);

// after_chunk(done, total, so far) returns false to stop. Throws Error{kInvalidArgument} when the
// text has fewer tokens than one window.
PerplexityResult measure_perplexity(
    Engine& engine, std::vector<text::Token> tokens, const PerplexityOptions& options,
    const std::function<bool(int64_t done, int64_t total, const NllSum&)>& after_chunk);

}  // namespace ridge::cli
