#include "sample/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/rng.h"
#include "sample/candidates.h"
#include "sample/check_params.h"
#include "sample/dry.h"
#include "sample/history.h"
#include "sample/logprobs.h"
#include "sample/min_p.h"
#include "sample/mirostat.h"
#include "sample/penalties.h"
#include "sample/softmax.h"
#include "sample/temperature.h"
#include "sample/top_k.h"
#include "sample/top_p.h"
#include "sample/typical.h"
#include "sample/xtc.h"

namespace ridge {
namespace {

using sample::Candidate;
using sample::Candidates;
using sample::Moments;

int n_history(const SamplerParams& params, bool penalties_on, bool dry_on) {
  const auto wanted = [](int n, bool is_on) {
    return !is_on ? 0 : n < 0 ? sample::kMaxHistory : n;
  };
  return std::max(wanted(params.penalty_last_n, penalties_on), wanted(params.dry_last_n, dry_on));
}

const SamplerParams& checked(const SamplerParams& params, int n_vocab) {
  sample::check(params, n_vocab);
  return params;
}

}  // namespace

struct Sampler::State {
  State(const SamplerParams& given, int n_vocab_)
      : params(checked(given, n_vocab_)),
        n_vocab(n_vocab_),
        rng(params.seed),
        penalties(params, n_vocab),
        dry(params, n_vocab),
        mirostat(params),
        logprobs(params.n_logprobs, n_vocab),
        history(n_history(params, penalties.is_on(), dry.is_on())) {
    candidates.reserve(size_t(n_vocab));
  }

  bool cuts() const;
  void adjust(std::span<float> logits);
  int32_t choose(std::span<const float> logits);
  Moments gather(std::span<const float> logits, float max);
  void cut(float max, const Moments& all);

  SamplerParams params;
  int n_vocab;
  Rng rng;
  sample::Penalties penalties;
  sample::Dry dry;
  sample::Mirostat mirostat;
  sample::Logprobs logprobs;
  sample::History history;
  Candidates candidates;
};

// The steps that change logits: bias, penalties, DRY.
void Sampler::State::adjust(std::span<float> logits) {
  for (const LogitBias& bias : params.logit_bias) logits[size_t(bias.token)] += bias.bias;
  if (penalties.is_on()) penalties.apply(history.last(params.penalty_last_n), logits);
  if (dry.is_on()) dry.apply(history.last(params.dry_last_n), logits);
}

bool Sampler::State::cuts() const {
  return params.top_k > 0 || params.typical_p < 1 || params.top_p < 1 || params.min_p > 0 ||
         params.xtc_probability > 0;
}

// Fills `candidates` with all that the first step that cuts could keep, few where it can say so in
// advance, and gives the moments of all tokens that this step has to look at.
Moments Sampler::State::gather(std::span<const float> logits, float max) {
  if (params.top_k > 0) {
    sample::top_k(logits, params.top_k, params.min_keep, candidates);
    return sample::moments(candidates, max);
  }
  Moments all;
  float floor = -std::numeric_limits<float>::infinity();
  if (params.typical_p < 1) {
    all = sample::moments(logits, max);
    floor = sample::typical_floor(params.typical_p, max, all, logits.size());
  } else if (params.top_p < 1) {
    all.mass = sample::sum_exp(logits, max);
    floor = sample::top_p_floor(params.top_p, max, all.mass, logits.size());
  } else if (params.min_p > 0) {
    floor = sample::min_p_floor(params.min_p, max);
  }
  sample::gather_above(logits, floor, candidates);
  if (candidates.size() < size_t(params.min_keep)) {
    sample::gather_best(logits, params.min_keep, candidates);
  }
  return all;
}

void Sampler::State::cut(float max, const Moments& all) {
  double mass = all.mass;
  if (params.typical_p < 1) {
    sample::typical(candidates, params.typical_p, params.min_keep, max, all);
    mass = sample::sum_exp(candidates, sample::max_logit(candidates));
  }
  if (params.top_p < 1) sample::top_p(candidates, params.top_p, params.min_keep, mass);
  if (params.min_p > 0) sample::min_p(candidates, params.min_p, params.min_keep);
  if (params.xtc_probability > 0 && rng.uniform() < double(params.xtc_probability)) {
    sample::xtc(candidates, params.xtc_threshold, params.min_keep);
  }
}

int32_t Sampler::State::choose(std::span<const float> logits) {
  const Candidate best = sample::find_best(logits);
  if (params.temperature == 0) return best.token;
  if (params.mirostat) return mirostat.draw(logits, best, rng, candidates);
  const float scale = sample::scale_of(params.temperature);
  if (!cuts()) return sample::draw(logits, best.logit, scale, rng).token;
  cut(best.logit, gather(logits, best.logit));
  return sample::draw(candidates, sample::max_logit(candidates), scale, rng).token;
}

Sampler::Sampler(const SamplerParams& params, int n_vocab)
    : state_(std::make_unique<State>(params, n_vocab)) {}
Sampler::Sampler(Sampler&&) noexcept = default;
Sampler::~Sampler() = default;

Sampled Sampler::sample(std::span<float> logits) {
  State& state = *state_;
  RIDGE_CHECK(logits.size() == size_t(state.n_vocab));
  if (state.logprobs.is_on()) state.logprobs.observe(logits);
  state.adjust(logits);
  Sampled sampled{.token = state.choose(logits), .chosen = {}, .top = {}};
  if (state.logprobs.is_on()) {
    sampled.chosen = state.logprobs.of(sampled.token);
    sampled.top = state.logprobs.top();
  }
  return sampled;
}

void Sampler::accept(int32_t token) {
  RIDGE_CHECK(token >= 0 && token < state_->n_vocab);
  state_->history.push(token);
}

void Sampler::follow(const Sampler& other) {
  state_->rng = other.state_->rng;
  state_->mirostat = other.state_->mirostat;
  state_->history = other.state_->history;
}

}  // namespace ridge
