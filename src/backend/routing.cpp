#include "backend/routing.h"

#include <algorithm>
#include <array>
#include <bitset>
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

// What experts are chosen by.
struct ChoiceScores {
  std::span<const float> scores;
  std::span<const float> bias;  // or empty

  float operator()(int32_t expert) const {
    const auto e = size_t(expert);
    return bias.empty() ? scores[e] : scores[e] + bias[e];
  }
};

// The best of [begin, end) that may_take() allows, the lower number among equals; -1: none.
template <class ScoreOf, class MayTake>
int32_t best_of(int32_t begin, int32_t end, const ScoreOf& score_of, const MayTake& may_take) {
  int32_t best = -1;
  float best_score = 0.0f;
  for (int32_t i = begin; i < end; ++i) {
    const float score = score_of(i);
    if (best >= 0 && !(score > best_score)) continue;
    if (!may_take(i)) continue;
    best = i;
    best_score = score;
  }
  return best;
}

float group_score(const ChoiceScores& score, const RouterParams& params, int32_t begin,
                  int32_t end) {
  const int32_t first = best_of(begin, end, score, [](int32_t) { return true; });
  if (params.score == RouterScore::kSoftmax || end - begin < 2) return score(first);
  return score(first) + score(best_of(begin, end, score, [&](int32_t e) { return e != first; }));
}

using GroupSet = std::bitset<kMaxExpertGroups>;

GroupSet groups_to_use(const ChoiceScores& score, const RouterParams& params) {
  const auto size = int32_t(score.scores.size()) / int32_t(params.n_groups);
  std::array<float, kMaxExpertGroups> scores;
  for (int32_t g = 0; g < int32_t(params.n_groups); ++g) {
    scores[size_t(g)] = group_score(score, params, g * size, (g + 1) * size);
  }
  GroupSet chosen;
  for (int64_t i = 0; i < params.n_groups_used; ++i) {
    chosen.set(size_t(best_of(
        0, int32_t(params.n_groups), [&](int32_t g) { return scores[size_t(g)]; },
        [&](int32_t g) { return !chosen[size_t(g)]; })));
  }
  return chosen;
}

void choose(const ChoiceScores& score, const RouterParams& params, std::span<int32_t> experts) {
  const auto n = int32_t(score.scores.size());
  const auto group_size = int32_t(n / params.n_groups);
  const GroupSet groups = params.n_groups > 1 ? groups_to_use(score, params) : GroupSet(1);
  for (size_t j = 0; j < experts.size(); ++j) {
    const auto taken = experts.first(j);
    experts[j] = best_of(0, n, score, [&](int32_t e) {
      return groups[size_t(e / group_size)] && std::ranges::find(taken, e) == taken.end();
    });
  }
}

}  // namespace

void route_row(std::span<float> scores, const RouterVectors& vectors, const RouterParams& params,
               std::span<int32_t> experts, std::span<float> weights) {
  RIDGE_DCHECK(experts.size() <= scores.size() && experts.size() == weights.size());
  RIDGE_DCHECK(params.n_groups <= kMaxExpertGroups && params.n_groups_used <= params.n_groups);
  if (params.score == RouterScore::kSoftmax) {
    softmax(scores);
  } else {
    sigmoid(scores);
  }
  choose({scores, vectors.bias}, params, experts);
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
