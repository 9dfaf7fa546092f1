#include "sample/sampler.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/rng.h"
#include "support/allocations.h"
#include "support/chi_square.h"

namespace ridge {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> some_logits(int n, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> logits(static_cast<size_t>(n));
  for (float& x : logits) x = float(8 * rng.uniform() - 4);
  return logits;
}

using Change = std::function<void(SamplerParams&)>;

SamplerParams with(const Change& change) {
  SamplerParams params;
  params.temperature = 1;
  change(params);
  return params;
}

// The probability of each token by the definitions in docs/sampling.md, for the steps that cut.
std::vector<double> expected(const SamplerParams& params, std::span<const float> logits) {
  struct Token {
    size_t token;
    double logit;
    double p;
  };
  std::vector<Token> left;
  for (size_t i = 0; i < logits.size(); ++i) left.push_back({i, double(logits[i]), 0});
  const auto normalise = [&] {
    double mass = 0;
    for (Token& t : left) mass += t.p = std::exp(t.logit);
    for (Token& t : left) t.p /= mass;
  };
  const auto keep_until = [&](double wanted) {
    double sum = 0;
    size_t n = 0;
    while (n < left.size() && sum < wanted) sum += left[n++].p;
    left.resize(std::max<size_t>(n, 1));
  };
  const auto by_p = [](const Token& a, const Token& b) { return a.p > b.p; };
  normalise();
  std::stable_sort(left.begin(), left.end(), by_p);
  if (params.top_k > 0) left.resize(std::min(left.size(), size_t(params.top_k)));
  normalise();
  if (params.typical_p < 1) {
    double entropy = 0;
    for (const Token& t : left) entropy -= t.p * std::log(t.p);
    const auto distance = [&](const Token& t) { return std::abs(std::log(t.p) + entropy); };
    std::stable_sort(left.begin(), left.end(),
                     [&](const Token& a, const Token& b) { return distance(a) < distance(b); });
    keep_until(double(params.typical_p));
    normalise();
    std::stable_sort(left.begin(), left.end(), by_p);
  }
  if (params.top_p < 1) keep_until(double(params.top_p));
  normalise();
  const double best = left[0].p;
  std::erase_if(left, [&](const Token& t) { return t.p < double(params.min_p) * best; });
  normalise();
  if (params.xtc_probability == 1) {
    const auto n_top = std::count_if(left.begin(), left.end(), [&](const Token& t) {
      return t.p >= double(params.xtc_threshold);
    });
    if (n_top > 1) left.erase(left.begin(), left.begin() + n_top - 1);
  }
  for (Token& t : left) t.logit /= double(params.temperature);
  normalise();
  std::vector<double> p(logits.size());
  for (const Token& t : left) p[t.token] = t.p;
  return p;
}

struct Chain {
  const char* name;
  Change change;
};

TEST(Sampler, DrawsFollowTheDistributionThatTheChainDefines) {
  const Chain chains[] = {
      {"as the model gave it", [](SamplerParams&) {}},
      {"cold", [](SamplerParams& p) { p.temperature = 0.5f; }},
      {"hot", [](SamplerParams& p) { p.temperature = 3; }},
      {"top_k", [](SamplerParams& p) { p.top_k = 10; }},
      {"top_p", [](SamplerParams& p) { p.top_p = 0.7f; }},
      {"min_p", [](SamplerParams& p) { p.min_p = 0.2f; }},
      {"typical", [](SamplerParams& p) { p.typical_p = 0.6f; }},
      {"xtc", [](SamplerParams& p) { p.xtc_probability = 1, p.xtc_threshold = 0.02f; }},
      {"top_k, then typical", [](SamplerParams& p) { p.top_k = 20, p.typical_p = 0.8f; }},
      {"typical, then top_p", [](SamplerParams& p) { p.typical_p = 0.8f, p.top_p = 0.8f; }},
      {"top_p, then min_p", [](SamplerParams& p) { p.top_p = 0.9f, p.min_p = 0.3f; }},
      {"all, and cold",
       [](SamplerParams& p) {
         p.top_k = 40, p.typical_p = 0.95f, p.top_p = 0.9f, p.min_p = 0.05f;
         p.xtc_probability = 1, p.xtc_threshold = 0.05f, p.temperature = 0.6f;
       }},
  };
  const auto logits = some_logits(100, 1);
  for (const Chain& chain : chains) {
    const SamplerParams params = with(chain.change);
    Sampler sampler(params, 100);
    std::vector<int> counts(100);
    for (int i = 0; i < 40000; ++i) {
      auto copy = logits;
      ++counts[size_t(sampler.sample(copy).token)];
    }
    EXPECT_LT(ridge::testing::chi_square_ratio(counts, expected(params, logits)), 1) << chain.name;
  }
}

TEST(Sampler, TheDistributionTestNoticesASmallError) {
  const auto logits = some_logits(100, 1);
  const SamplerParams params = with([](SamplerParams& p) { p.temperature = 1.05f; });
  Sampler sampler(params, 100);
  std::vector<int> counts(100);
  for (int i = 0; i < 40000; ++i) {
    auto copy = logits;
    ++counts[size_t(sampler.sample(copy).token)];
  }
  EXPECT_GT(ridge::testing::chi_square_ratio(counts, expected(with([](SamplerParams&) {}), logits)),
            1);
}

TEST(Sampler, XtcAppliesWithItsProbability) {
  const std::vector<float> logits = {3, 2, 0};  // 0.705, 0.259, 0.035: XTC removes token 0
  Sampler sampler(with([](SamplerParams& p) { p.xtc_probability = 0.3f, p.xtc_threshold = 0.1f; }),
                  3);
  std::vector<int> counts(3);
  for (int i = 0; i < 40000; ++i) {
    auto copy = logits;
    ++counts[size_t(sampler.sample(copy).token)];
  }
  const auto plain = expected(with([](SamplerParams&) {}), logits);
  const auto cut = expected(
      with([](SamplerParams& p) { p.xtc_probability = 1, p.xtc_threshold = 0.1f; }), logits);
  std::vector<double> mixed(3);
  for (size_t i = 0; i < 3; ++i) mixed[i] = 0.7 * plain[i] + 0.3 * cut[i];
  EXPECT_LT(ridge::testing::chi_square_ratio(counts, mixed), 1);
}

std::vector<int32_t> draw_many(const SamplerParams& params, int n) {
  Sampler sampler(params, 1000);
  std::vector<int32_t> tokens;
  for (int i = 0; i < n; ++i) {
    auto logits = some_logits(1000, uint64_t(i));
    tokens.push_back(sampler.sample(logits).token);
    sampler.accept(tokens.back());
  }
  return tokens;
}

const Change kEverything = [](SamplerParams& p) {
  p.top_k = 500, p.top_p = 0.95f, p.min_p = 0.01f, p.typical_p = 0.97f, p.temperature = 0.9f;
  p.repetition_penalty = 1.1f, p.presence_penalty = 0.1f, p.frequency_penalty = 0.1f;
  p.penalty_last_n = -1, p.dry_multiplier = 0.8f, p.dry_breakers = {{3}, {4, 5}};
  p.xtc_probability = 0.5f, p.xtc_threshold = 0.05f, p.n_logprobs = 5;
  p.logit_bias = {{7, 2.0f}, {8, -kInf}};
};

TEST(Sampler, TheSameSeedGivesTheSameTokens) {
  SamplerParams params = with(kEverything);
  params.seed = 42;
  const auto first = draw_many(params, 200);
  EXPECT_EQ(draw_many(params, 200), first);
  params.seed = 43;
  EXPECT_NE(draw_many(params, 200), first);
}

TEST(Sampler, NeverAllocatesAfterConstruction) {
  const Chain chains[] = {
      {"greedy", [](SamplerParams& p) { p.temperature = 0; }},
      {"temperature", [](SamplerParams&) {}},
      {"top_p", [](SamplerParams& p) { p.top_p = 0.9f; }},
      {"typical", [](SamplerParams& p) { p.typical_p = 0.9f; }},
      {"min_p", [](SamplerParams& p) { p.min_p = 0.1f; }},
      {"mirostat", [](SamplerParams& p) { p.mirostat = true; }},
      {"everything", kEverything},
  };
  for (const Chain& chain : chains) {
    Sampler sampler(with(chain.change), 5000);
    auto logits = some_logits(5000, 3);
    const ridge::testing::AllocationScope scope;
    for (int i = 0; i < 300; ++i) sampler.accept(sampler.sample(logits).token);
    EXPECT_EQ(scope.so_far().count, 0u) << chain.name;
  }
}

TEST(Sampler, GreedyTakesTheBestTokenWhateverTheSeed) {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    Sampler sampler(with([&](SamplerParams& p) { p.temperature = 0, p.seed = seed, p.top_k = 5; }),
                    1000);
    auto logits = some_logits(1000, seed);
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    EXPECT_EQ(sampler.sample(logits).token, best);
  }
}

TEST(Sampler, ATemperatureNextToZeroIsGreedyToo) {
  for (const float temperature : {1e-45f, 1e-38f, 1e-6f}) {
    Sampler sampler(with([&](SamplerParams& p) { p.temperature = temperature; }), 1000);
    auto logits = some_logits(1000, 5);
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    EXPECT_EQ(sampler.sample(logits).token, best);
  }
}

TEST(Sampler, PenaltiesLookAtAcceptedTokensOfTheirWindow) {
  Sampler sampler(with([](SamplerParams& p) {
                    p.temperature = 0, p.presence_penalty = 10, p.penalty_last_n = 2;
                  }),
                  3);
  std::vector<int32_t> tokens;
  for (int i = 0; i < 6; ++i) {
    std::vector<float> logits = {3, 2, 1};
    tokens.push_back(sampler.sample(logits).token);
    sampler.accept(tokens.back());
  }
  EXPECT_EQ(tokens, (std::vector<int32_t>{0, 1, 2, 0, 1, 2}));
}

TEST(Sampler, BiasBansAndForces) {
  Sampler sampler(with([](SamplerParams& p) { p.logit_bias = {{0, -kInf}, {2, 100}}; }), 3);
  for (int i = 0; i < 100; ++i) {
    std::vector<float> logits = {50, 1, 1};
    EXPECT_EQ(sampler.sample(logits).token, 2);
  }
}

TEST(Sampler, ForbiddenTokensAreNeverDrawn) {
  const Chain chains[] = {{"temperature", [](SamplerParams& p) { p.temperature = 100; }},
                          {"top_k", [](SamplerParams& p) { p.top_k = 900; }},
                          {"min_keep", [](SamplerParams& p) { p.min_p = 0.9f, p.min_keep = 900; }},
                          {"typical", [](SamplerParams& p) { p.typical_p = 0.99f; }},
                          {"mirostat", [](SamplerParams& p) { p.mirostat = true; }}};
  for (const Chain& chain : chains) {
    Sampler sampler(with(chain.change), 1000);
    for (int i = 0; i < 300; ++i) {
      std::vector<float> logits(1000, -kInf);
      for (size_t t = 100; t < 110; ++t) logits[t] = float(t) / 100;
      const int32_t token = sampler.sample(logits).token;
      EXPECT_TRUE(token >= 100 && token < 110) << chain.name << " drew " << token;
    }
  }
}

TEST(Sampler, LogprobsAreTheModelsOwn) {
  const auto logits = some_logits(500, 8);
  double mass = 0;
  for (const float x : logits) mass += std::exp(double(x));
  Sampler sampler(with([](SamplerParams& p) {
                    p.n_logprobs = 4, p.top_k = 50, p.temperature = 2, p.logit_bias = {{9, 50}};
                  }),
                  500);
  auto copy = logits;
  const Sampled sampled = sampler.sample(copy);
  EXPECT_EQ(sampled.token, 9);
  EXPECT_EQ(sampled.chosen.token, 9);
  EXPECT_NEAR(double(sampled.chosen.logprob), double(logits[9]) - std::log(mass), 1e-5);
  ASSERT_EQ(sampled.top.size(), 4u);
  auto sorted = logits;
  std::sort(sorted.rbegin(), sorted.rend());
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(logits[size_t(sampled.top[i].token)], sorted[i]);
    EXPECT_NEAR(double(sampled.top[i].logprob), double(sorted[i]) - std::log(mass), 1e-5);
  }
}

TEST(Sampler, BrokenLogitsAreAnError) {
  Sampler sampler(with([](SamplerParams&) {}), 3);
  for (std::vector<float> logits :
       {std::vector<float>{1, kNan, 1}, {kNan, kNan, kNan}, {-kInf, -kInf, -kInf}, {0, 0, kInf}}) {
    EXPECT_THROW(sampler.sample(logits), Error);
  }
}

struct BadParam {
  const char* name;
  const char* value;
  Change change;
};

TEST(Sampler, RefusesParametersOutOfRangeByNameValueAndRange) {
  const BadParam cases[] = {
      {"temperature", "nan", [](SamplerParams& p) { p.temperature = kNan; }},
      {"temperature", "-1", [](SamplerParams& p) { p.temperature = -1; }},
      {"temperature", "inf", [](SamplerParams& p) { p.temperature = kInf; }},
      {"temperature", "1e+30", [](SamplerParams& p) { p.temperature = 1e30f; }},
      {"top_k", "-1", [](SamplerParams& p) { p.top_k = -1; }},
      {"top_p", "nan", [](SamplerParams& p) { p.top_p = kNan; }},
      {"top_p", "1.5", [](SamplerParams& p) { p.top_p = 1.5f; }},
      {"top_p", "-0.5", [](SamplerParams& p) { p.top_p = -0.5f; }},
      {"min_p", "2", [](SamplerParams& p) { p.min_p = 2; }},
      {"typical_p", "nan", [](SamplerParams& p) { p.typical_p = kNan; }},
      {"min_keep", "0", [](SamplerParams& p) { p.min_keep = 0; }},
      {"min_keep", "101", [](SamplerParams& p) { p.min_keep = 101; }},
      {"repetition_penalty", "0", [](SamplerParams& p) { p.repetition_penalty = 0; }},
      {"repetition_penalty", "-1", [](SamplerParams& p) { p.repetition_penalty = -1; }},
      {"repetition_penalty", "inf", [](SamplerParams& p) { p.repetition_penalty = kInf; }},
      {"presence_penalty", "1000", [](SamplerParams& p) { p.presence_penalty = 1000; }},
      {"frequency_penalty", "nan", [](SamplerParams& p) { p.frequency_penalty = kNan; }},
      {"penalty_last_n", "-2", [](SamplerParams& p) { p.penalty_last_n = -2; }},
      {"penalty_last_n", "2000000000", [](SamplerParams& p) { p.penalty_last_n = 2000000000; }},
      {"dry_multiplier", "-1", [](SamplerParams& p) { p.dry_multiplier = -1; }},
      {"dry_base", "0.5", [](SamplerParams& p) { p.dry_base = 0.5f; }},
      {"dry_allowed_length", "-1", [](SamplerParams& p) { p.dry_allowed_length = -1; }},
      {"dry_last_n", "-2", [](SamplerParams& p) { p.dry_last_n = -2; }},
      {"dry_breakers", "empty", [](SamplerParams& p) { p.dry_breakers = {{}}; }},
      {"dry_breakers", "100", [](SamplerParams& p) { p.dry_breakers = {{1, 100}}; }},
      {"xtc_probability", "1.25", [](SamplerParams& p) { p.xtc_probability = 1.25f; }},
      {"xtc_threshold", "nan", [](SamplerParams& p) { p.xtc_threshold = kNan; }},
      {"mirostat_tau", "-1", [](SamplerParams& p) { p.mirostat_tau = -1; }},
      {"mirostat_eta", "inf", [](SamplerParams& p) { p.mirostat_eta = kInf; }},
      {"logit_bias", "-1", [](SamplerParams& p) { p.logit_bias = {{-1, 0}}; }},
      {"logit_bias", "100", [](SamplerParams& p) { p.logit_bias = {{100, 0}}; }},
      {"logit_bias", "nan", [](SamplerParams& p) { p.logit_bias = {{1, kNan}}; }},
      {"logit_bias", "inf", [](SamplerParams& p) { p.logit_bias = {{1, kInf}}; }},
      {"n_logprobs", "-1", [](SamplerParams& p) { p.n_logprobs = -1; }},
      {"n_logprobs", "2000000000", [](SamplerParams& p) { p.n_logprobs = 2000000000; }},
  };
  for (const BadParam& bad : cases) {
    try {
      Sampler(with(bad.change), 100);
      ADD_FAILURE() << bad.name << " = " << bad.value << " was accepted";
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_NE(message.find(bad.name), std::string::npos) << message;
      EXPECT_NE(message.find(bad.value), std::string::npos) << message;
    }
  }
}

}  // namespace
}  // namespace ridge
