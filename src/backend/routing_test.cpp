#include "backend/routing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/rng.h"

namespace ridge {
namespace {

struct Choice {
  std::vector<int32_t> experts;
  std::vector<float> weights;
};

Choice route(std::vector<float> logits, const std::vector<float>& bias, const RouterParams& params,
             size_t top_k) {
  Choice choice{std::vector<int32_t>(top_k), std::vector<float>(top_k)};
  route_row(logits, {.bias = bias, .expert_scale = {}}, params, choice.experts, choice.weights);
  return choice;
}

// The definition, by sorting all experts, in double.
Choice expected(const std::vector<float>& logits, const std::vector<float>& bias,
                const RouterParams& params, size_t top_k) {
  std::vector<double> scores(logits.begin(), logits.end());
  double total = 0;
  for (double& s : scores) {
    s = params.score == RouterScore::kSoftmax ? std::exp(s) : 1 / (1 + std::exp(-s));
    total += s;
  }
  if (params.score == RouterScore::kSoftmax) {
    for (double& s : scores) s /= total;
  }
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(), [&](int32_t e) {
    return scores[size_t(e)] + (bias.empty() ? 0 : double(bias[size_t(e)]));
  });
  order.resize(top_k);
  std::ranges::sort(order);
  double sum = 0;
  for (int32_t e : order) sum += scores[size_t(e)];
  Choice choice{order, {}};
  for (int32_t e : order) {
    const double weight = scores[size_t(e)] / (params.normalise ? sum : 1.0);
    choice.weights.push_back(float(weight * double(params.scale)));
  }
  return choice;
}

TEST(RouteRow, IsTheDefinition) {
  Rng rng(1);
  for (const RouterScore score : {RouterScore::kSoftmax, RouterScore::kSigmoid}) {
    for (const bool normalise : {false, true}) {
      for (const bool has_bias : {false, true}) {
        const RouterParams params{.score = score, .normalise = normalise, .scale = 2.5f};
        std::vector<float> logits(64), bias(has_bias ? 64 : 0);
        for (float& v : logits) v = float(8 * rng.uniform() - 4);
        for (float& v : bias) v = float(rng.uniform());
        const Choice found = route(logits, bias, params, 6);
        const Choice wanted = expected(logits, bias, params, 6);
        EXPECT_EQ(found.experts, wanted.experts);
        for (size_t j = 0; j < 6; ++j) {
          // One rounding each of exp, the sum of 64 terms, the quotients and the scale.
          EXPECT_NEAR(found.weights[j], wanted.weights[j], 70 * 0x1p-24f * wanted.weights[j]);
        }
      }
    }
  }
}

// Six experts in three groups. By the best expert the groups' order is 0, 2, 1; by the best two,
// 1, 0, 2.
TEST(RouteRow, OnlyTheBestGroupsCanBeChosenFrom) {
  const std::vector<float> logits = {3, -9, 2, 1.9f, 2.5f, -9};
  const auto experts = [&](RouterScore score, int64_t n_used, size_t top_k) {
    const RouterParams params{.score = score, .n_groups = 3, .n_groups_used = n_used};
    return route(logits, {}, params, top_k).experts;
  };
  using Experts = std::vector<int32_t>;
  EXPECT_EQ(experts(RouterScore::kSoftmax, 1, 2), (Experts{0, 1}));
  EXPECT_EQ(experts(RouterScore::kSoftmax, 2, 2), (Experts{0, 4}));
  EXPECT_EQ(experts(RouterScore::kSoftmax, 3, 3), (Experts{0, 2, 4}));
  EXPECT_EQ(experts(RouterScore::kSigmoid, 1, 2), (Experts{2, 3}));
  EXPECT_EQ(experts(RouterScore::kSigmoid, 2, 2), (Experts{0, 2}));
}

TEST(RouteRow, TheBiasCountsForGroupsToo) {
  const RouterParams params{.score = RouterScore::kSigmoid, .n_groups = 2, .n_groups_used = 1};
  const std::vector<float> logits = {1, 1, 0, 0}, bias = {0, 0, 0, 0.6f};
  EXPECT_EQ(route(logits, {}, params, 1).experts, (std::vector<int32_t>{0}));
  EXPECT_EQ(route(logits, bias, params, 1).experts, (std::vector<int32_t>{3}));
}

TEST(RouteRow, AnExpertsOwnScaleComesLast) {
  const RouterParams params{.normalise = true, .scale = 2.0f};
  const Choice plain = route({1, 3, 2, 0}, {}, params, 2);
  const std::vector<float> scales = {5, 0.5f, 4, 7};
  std::vector<float> logits = {1, 3, 2, 0}, weights(2);
  std::vector<int32_t> experts(2);
  route_row(logits, {.bias = {}, .expert_scale = scales}, params, experts, weights);
  EXPECT_EQ(experts, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(weights, (std::vector<float>{plain.weights[0] * 0.5f, plain.weights[1] * 4}));
}

TEST(RouteRow, TheLowerNumberWinsAmongEquals) {
  EXPECT_EQ(route({1, 3, 3, 3, 2}, {}, {}, 2).experts, (std::vector<int32_t>{1, 2}));
}

TEST(RouteRow, ChoosesDifferentExpertsAmongNonsense) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const std::vector<float>& logits :
       {std::vector<float>(4, nan), std::vector<float>(4, -infinity), {nan, 1, infinity, nan}}) {
    EXPECT_EQ(route(logits, {}, {}, 4).experts, (std::vector<int32_t>{0, 1, 2, 3}));
    for (const RouterScore score : {RouterScore::kSoftmax, RouterScore::kSigmoid}) {
      const RouterParams grouped{.score = score, .n_groups = 2, .n_groups_used = 2};
      EXPECT_EQ(route(logits, {}, grouped, 4).experts, (std::vector<int32_t>{0, 1, 2, 3}));
    }
  }
}

}  // namespace
}  // namespace ridge
