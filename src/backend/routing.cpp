#include "backend/routing.h"

#include <algorithm>
#include <cmath>

namespace ridge {
namespace {

void softmax(std::span<float> values) {
  const float most = *std::ranges::max_element(values);
  float sum = 0.0f;
  for (float& v : values) sum += v = std::exp(v - most);
  for (float& v : values) v /= sum;
}

void sigmoid(std::span<float> values) {
  for (float& v : values) v = 1.0f / (1.0f + std::exp(-v));
}

// The best expert that is not among `taken`.
int32_t best_expert(std::span<const float> scores, std::span<const float> bias,
                    std::span<const int32_t> taken) {
  int32_t best = -1;
  float best_score = 0.0f;
  for (int32_t e = 0; e < int32_t(scores.size()); ++e) {
    const float score = bias.empty() ? scores[size_t(e)] : scores[size_t(e)] + bias[size_t(e)];
    if (best >= 0 && !(score > best_score)) continue;
    if (std::ranges::find(taken, e) != taken.end()) continue;
    best = e;
    best_score = score;
  }
  return best;
}

}  // namespace

void route_row(std::span<float> scores, const RouterVectors& vectors, const RouterParams& params,
               std::span<int32_t> experts, std::span<float> weights) {
  RIDGE_DCHECK(experts.size() <= scores.size() && experts.size() == weights.size());
  if (params.score == RouterScore::kSoftmax) {
    softmax(scores);
  } else {
    sigmoid(scores);
  }
  for (size_t j = 0; j < experts.size(); ++j) {
    experts[j] = best_expert(scores, vectors.bias, experts.first(j));
  }
  std::ranges::sort(experts);
  float sum = 0.0f;
  for (size_t j = 0; j < experts.size(); ++j) sum += weights[j] = scores[size_t(experts[j])];
  const float factor = params.normalise ? params.scale / sum : params.scale;
  for (float& w : weights) w *= factor;
  if (vectors.expert_scale.empty()) return;
  for (size_t j = 0; j < experts.size(); ++j) {
    weights[j] *= vectors.expert_scale[size_t(experts[j])];
  }
}

}  // namespace ridge
