// Which tokens each cutting step leaves, against definitions written the slow and obvious way: all
// sorted, all in double precision.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/rng.h"
#include "sample/min_p.h"
#include "sample/softmax.h"
#include "sample/top_k.h"
#include "sample/top_p.h"
#include "sample/typical.h"
#include "sample/xtc.h"

namespace ridge::sample {
namespace {

struct Shape {
  const char* name;
  std::vector<float> logits;
};

// As models give them (few likely tokens and a long tail), flat, steep, and with ties.
std::vector<Shape> shapes() {
  Rng rng(11);
  const auto normal = [&] {
    const double u = 1 - rng.uniform();
    return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307 * rng.uniform());
  };
  std::vector<Shape> all = {
      {"natural", {}}, {"flat", {}}, {"steep", {}}, {"ties", {}}, {"one", {3}}};
  for (int i = 0; i < 20000; ++i) all[0].logits.push_back(float(2 * normal()));
  for (int i = 0; i < 20; ++i) all[0].logits[rng.below(20000)] = float(12 + 2 * normal());
  for (int i = 0; i < 5000; ++i) all[1].logits.push_back(float(0.01 * normal()));
  for (int i = 0; i < 300; ++i) all[2].logits.push_back(float(30 * normal()));
  for (int i = 0; i < 3000; ++i) all[3].logits.push_back(float(rng.below(4)));
  return all;
}

struct Token {
  int32_t token;
  double p;
};

std::vector<Token> distribution(std::span<const float> logits) {
  const double max = *std::max_element(logits.begin(), logits.end());
  double mass = 0;
  for (const float x : logits) mass += std::exp(double(x) - max);
  std::vector<Token> tokens;
  for (size_t i = 0; i < logits.size(); ++i) {
    tokens.push_back({int32_t(i), std::exp(double(logits[i]) - max) / mass});
  }
  return tokens;
}

// The least p so that rounding cannot decide: the number kept for p slightly less and slightly
// more.
struct Bounds {
  size_t low;
  size_t high;
};

Bounds kept_until(const std::vector<Token>& ordered, double wanted, int min_keep) {
  const auto count = [&](double target) {
    double sum = 0;
    size_t n = 0;
    while (n < ordered.size() && (sum < target || n < size_t(min_keep))) sum += ordered[n++].p;
    return n;
  };
  return {count(wanted - 1e-6), count(wanted + 1e-6)};
}

std::vector<int32_t> sorted_tokens(const Candidates& candidates) {
  std::vector<int32_t> tokens;
  for (const Candidate& c : candidates) tokens.push_back(c.token);
  std::sort(tokens.begin(), tokens.end());
  return tokens;
}

// found must be the first n of ordered for an n within the bounds. Tokens whose key differs by
// rounding only may change places, so sets are compared by the keys of what is in and out.
template <class Key>
void expect_prefix(const Candidates& found, const std::vector<Token>& ordered, Bounds bounds,
                   Key key, const char* name) {
  EXPECT_GE(found.size(), bounds.low) << name;
  EXPECT_LE(found.size(), bounds.high) << name;
  std::vector<bool> in(ordered.size());
  for (const Candidate& c : found) in[size_t(c.token)] = true;
  const double limit = key(ordered[found.size() - 1]);
  for (const Token& t : ordered) {
    if (key(t) < limit - 1e-5) {
      EXPECT_TRUE(in[size_t(t.token)]) << name << " token " << t.token;
    }
    if (key(t) > limit + 1e-5) {
      EXPECT_FALSE(in[size_t(t.token)]) << name << " token " << t.token;
    }
  }
}

TEST(TopK, KeepsTheKBest) {
  for (const Shape& shape : shapes()) {
    auto tokens = distribution(shape.logits);
    std::stable_sort(tokens.begin(), tokens.end(),
                     [](const Token& a, const Token& b) { return a.p > b.p; });
    for (const int k : {1, 7, 100, 1 << 30}) {
      Candidates found;
      top_k(shape.logits, k, 1, found);
      ASSERT_EQ(found.size(), std::min(size_t(k), tokens.size()));
      for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].token, tokens[i].token);
    }
    Candidates found;
    top_k(shape.logits, 1, 5, found);
    EXPECT_EQ(found.size(), std::min<size_t>(5, shape.logits.size())) << "min_keep";
  }
}

TEST(TopP, KeepsTheFewestMostLikelyThatReachP) {
  for (const Shape& shape : shapes()) {
    auto tokens = distribution(shape.logits);
    const float max = *std::max_element(shape.logits.begin(), shape.logits.end());
    const double mass = sum_exp(shape.logits, max);
    std::stable_sort(tokens.begin(), tokens.end(),
                     [](const Token& a, const Token& b) { return a.p > b.p; });
    for (const float p : {0.0f, 0.1f, 0.5f, 0.9f, 0.95f, 0.999f}) {
      for (const int min_keep : {1, 10}) {
        Candidates found;
        gather_above(shape.logits, top_p_floor(p, max, mass, shape.logits.size()), found);
        if (found.size() < size_t(min_keep)) gather_best(shape.logits, min_keep, found);
        top_p(found, p, min_keep, mass);
        auto bounds = kept_until(tokens, double(p), min_keep);
        bounds.low = std::max<size_t>(bounds.low, 1);
        bounds.high = std::max<size_t>(bounds.high, 1);
        expect_prefix(
            found, tokens, bounds, [](const Token& t) { return -std::log(t.p); }, shape.name);
      }
    }
  }
}

TEST(TopP, LooksAtFewTokensOfANaturalDistribution) {
  const auto natural = shapes()[0].logits;
  const float max = *std::max_element(natural.begin(), natural.end());
  Candidates found;
  gather_above(natural, top_p_floor(0.9f, max, sum_exp(natural, max), natural.size()), found);
  EXPECT_LT(found.size(), natural.size() / 5);
}

TEST(MinP, KeepsWhatIsLikelyEnoughBesideTheBest) {
  for (const Shape& shape : shapes()) {
    const auto tokens = distribution(shape.logits);
    const double best =
        std::max_element(tokens.begin(), tokens.end(), [](const Token& a, const Token& b) {
          return a.p < b.p;
        })->p;
    for (const float p : {0.001f, 0.05f, 0.5f, 1.0f}) {
      Candidates found;
      gather_above(shape.logits, -std::numeric_limits<float>::infinity(), found);
      min_p(found, p, 1);
      std::vector<bool> in(tokens.size());
      for (const Candidate& c : found) in[size_t(c.token)] = true;
      for (const Token& t : tokens) {
        if (t.p > double(p) * best * 1.00001) {
          EXPECT_TRUE(in[size_t(t.token)]) << shape.name;
        }
        if (t.p < double(p) * best * 0.99999) {
          EXPECT_FALSE(in[size_t(t.token)]) << shape.name;
        }
      }
    }
    Candidates found;
    gather_above(shape.logits, -std::numeric_limits<float>::infinity(), found);
    min_p(found, 1.0f, 6);
    EXPECT_GE(found.size(), std::min<size_t>(6, tokens.size())) << "min_keep";
  }
}

TEST(Typical, KeepsTheTokensNearestToTheEntropy) {
  for (const Shape& shape : shapes()) {
    auto tokens = distribution(shape.logits);
    double entropy = 0;
    for (const Token& t : tokens) entropy -= t.p > 0 ? t.p * std::log(t.p) : 0;
    const auto distance = [&](const Token& t) {
      return t.p > 0 ? std::abs(-std::log(t.p) - entropy) : std::numeric_limits<double>::infinity();
    };
    std::stable_sort(tokens.begin(), tokens.end(),
                     [&](const Token& a, const Token& b) { return distance(a) < distance(b); });
    const float max = *std::max_element(shape.logits.begin(), shape.logits.end());
    const Moments all = moments(shape.logits, max);
    for (const float p : {0.1f, 0.5f, 0.9f, 0.95f}) {
      Candidates found;
      gather_above(shape.logits, typical_floor(p, max, all, shape.logits.size()), found);
      typical(found, p, 1, max, all);
      auto bounds = kept_until(tokens, double(p), 1);
      // Tokens at equal distance may be taken in any order, and then a different number of them.
      if (std::string_view(shape.name) == "ties" || std::string_view(shape.name) == "flat") {
        double mass = 0;
        for (const Candidate& c : found) mass += std::exp(double(c.logit - max)) / all.mass;
        EXPECT_GE(mass, double(p) - 1e-6);
        continue;
      }
      expect_prefix(found, tokens, bounds, distance, shape.name);
    }
  }
}

TEST(Xtc, RemovesAllTopTokensButTheLeast) {
  // Probabilities 0.4, 0.3, 0.2, 0.06, 0.04 at tokens 2, 0, 4, 1, 3.
  const float logits[] = {std::log(0.3f), std::log(0.06f), std::log(0.4f), std::log(0.04f),
                          std::log(0.2f)};
  struct Case {
    float threshold;
    int min_keep;
    std::vector<int32_t> stay;
  };
  const Case cases[] = {
      {0.1f, 1, {1, 3, 4}},       {0.25f, 1, {0, 1, 3, 4}}, {0.35f, 1, {0, 1, 2, 3, 4}},
      {0.5f, 1, {0, 1, 2, 3, 4}}, {0.0f, 1, {3}},           {0.1f, 3, {1, 3, 4}},
      {0.1f, 4, {0, 1, 2, 3, 4}},
  };
  for (const Case& c : cases) {
    Candidates found;
    gather_above(logits, -100, found);
    xtc(found, c.threshold, c.min_keep);
    EXPECT_EQ(sorted_tokens(found), c.stay) << "threshold " << c.threshold;
  }
}

TEST(Xtc, OfEqualTopTokensOneStays) {
  const std::vector<float> logits = {1, 5, 5, 5, 0};
  Candidates found;
  gather_above(logits, -100, found);
  xtc(found, 0.2f, 1);
  EXPECT_EQ(sorted_tokens(found), (std::vector<int32_t>{0, 3, 4}));
}

}  // namespace
}  // namespace ridge::sample
