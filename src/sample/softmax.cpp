#include "sample/softmax.h"

#include <algorithm>

namespace ridge::sample {
namespace {

constexpr size_t kLanes = 16;
constexpr size_t kBlock = 1024;

float logit_of(float logit) {
  return logit;
}
float logit_of(const Candidate& candidate) {
  return candidate.logit;
}

// weights[i] = exp((logit_i - max) * scale). Two plain loops, this and the sum, become vector code
// where one that does both does not.
template <class T>
std::span<const float> weigh(std::span<const T> block, float max, float scale, float* weights) {
  for (size_t i = 0; i < block.size(); ++i) {
    weights[i] = exp_nonpositive((logit_of(block[i]) - max) * scale);
  }
  return {weights, block.size()};
}

// At most kBlock terms, of which a lane adds 64 in float.
double sum(std::span<const float> terms) {
  float sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= terms.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += terms[i + lane];
  }
  double total = 0;
  for (; i < terms.size(); ++i) total += double(terms[i]);
  for (const float partial : sums) total += double(partial);
  return total;
}

template <class T>
std::span<const T> block_at(std::span<const T> items, size_t begin) {
  return items.subspan(begin, std::min(kBlock, items.size() - begin));
}

template <class T>
double sum_of_weights(std::span<const T> items, float max, float scale) {
  float weights[kBlock];
  double total = 0;
  for (size_t begin = 0; begin < items.size(); begin += kBlock) {
    total += sum(weigh(block_at(items, begin), max, scale, weights));
  }
  return total;
}

template <class T>
Moments moments_of(std::span<const T> items, float max) {
  float weights[kBlock];
  float products[kBlock];
  double mass = 0;
  double weighted = 0;
  for (size_t begin = 0; begin < items.size(); begin += kBlock) {
    const auto block = block_at(items, begin);
    mass += sum(weigh(block, max, 1.0f, weights));
    // Weights below exp(-87) are 0 and x may be -inf, of which the product would be NaN.
    for (size_t i = 0; i < block.size(); ++i) {
      products[i] = weights[i] * std::max(logit_of(block[i]) - max, -88.0f);
    }
    weighted += sum({products, block.size()});
  }
  return {mass, weighted / mass};
}

// Where the running sum, `before` at first, passes target; the last index of positive weight if it
// never does, since sums in two orders differ in their last bits.
size_t quantile_in(std::span<const float> weights, double before, double target) {
  size_t last = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = i;
    before += double(weights[i]);
    if (before > target) break;
  }
  return last;
}

template <class T>
size_t quantile(std::span<const T> items, float max, float scale, double target) {
  float weights[kBlock];
  size_t last_begin = 0;  // of the last block with any weight
  double last_before = 0;
  double before = 0;
  for (size_t begin = 0; begin < items.size() && before <= target; begin += kBlock) {
    const double total = sum(weigh(block_at(items, begin), max, scale, weights));
    if (total <= 0) continue;
    last_begin = begin;
    last_before = before;
    before += total;
  }
  const auto block = weigh(block_at(items, last_begin), max, scale, weights);
  return last_begin + quantile_in(block, last_before, target);
}

}  // namespace

double sum_exp(std::span<const float> logits, float max, float scale) {
  return sum_of_weights(logits, max, scale);
}

double sum_exp(std::span<const Candidate> candidates, float max, float scale) {
  return sum_of_weights(candidates, max, scale);
}

Moments moments(std::span<const float> logits, float max) {
  return moments_of(logits, max);
}

Moments moments(std::span<const Candidate> candidates, float max) {
  return moments_of(candidates, max);
}

size_t find_quantile(std::span<const float> logits, float max, float scale, double target) {
  return quantile(logits, max, scale, target);
}

size_t find_quantile(std::span<const Candidate> candidates, float max, float scale, double target) {
  return quantile(candidates, max, scale, target);
}

float max_logit(std::span<const Candidate> candidates) {
  float max = candidates[0].logit;
  for (const Candidate& candidate : candidates) max = std::max(max, candidate.logit);
  return max;
}

}  // namespace ridge::sample
