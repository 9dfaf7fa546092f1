#include "sample/check_params.h"

#include <limits>
#include <string_view>

#include "base/error.h"
#include "sample/history.h"

namespace ridge::sample {
namespace {

constexpr int kMaxLogprobs = 1024;
constexpr float kMaxBias = 1e6f;

template <class T>
struct Range {
  std::string_view name;
  T value;
  T low;
  T high;
};

template <class T>
void check(const Range<T>& range) {
  if (range.value >= range.low && range.value <= range.high) return;  // false for NaN
  fail(ErrorCode::kInvalidArgument, range.name, " is ", range.value, ", wanted ", range.low, " to ",
       range.high);
}

void check_token(std::string_view name, int32_t token, int n_vocab) {
  if (token >= 0 && token < n_vocab) return;
  fail(ErrorCode::kInvalidArgument, name, " names token ", token, ", wanted 0 to ", n_vocab - 1);
}

void check_bias(const LogitBias& bias, int n_vocab) {
  check_token("logit_bias", bias.token, n_vocab);
  if (bias.bias == -std::numeric_limits<float>::infinity()) return;
  check(Range<float>{"logit_bias", bias.bias, -kMaxBias, kMaxBias});
}

}  // namespace

void check(const SamplerParams& p, int n_vocab) {
  constexpr int kMaxInt = std::numeric_limits<int>::max();
  const Range<float> floats[] = {
      {"temperature", p.temperature, 0, 100},
      {"top_p", p.top_p, 0, 1},
      {"min_p", p.min_p, 0, 1},
      {"typical_p", p.typical_p, 0, 1},
      {"repetition_penalty", p.repetition_penalty, 0.01f, 100},
      {"presence_penalty", p.presence_penalty, -100, 100},
      {"frequency_penalty", p.frequency_penalty, -100, 100},
      {"dry_multiplier", p.dry_multiplier, 0, 100},
      {"dry_base", p.dry_base, 1, 100},
      {"xtc_probability", p.xtc_probability, 0, 1},
      {"xtc_threshold", p.xtc_threshold, 0, 1},
      {"mirostat_tau", p.mirostat_tau, 0, 100},
      {"mirostat_eta", p.mirostat_eta, 0, 10},
  };
  const Range<int> integers[] = {
      {"top_k", p.top_k, 0, kMaxInt},
      {"min_keep", p.min_keep, 1, n_vocab},
      {"penalty_last_n", p.penalty_last_n, -1, kMaxHistory},
      {"dry_allowed_length", p.dry_allowed_length, 0, kMaxHistory},
      {"dry_last_n", p.dry_last_n, -1, kMaxHistory},
      {"n_logprobs", p.n_logprobs, 0, kMaxLogprobs},
  };
  for (const auto& range : floats) check(range);
  for (const auto& range : integers) check(range);
  for (const LogitBias& bias : p.logit_bias) check_bias(bias, n_vocab);
  for (const auto& breaker : p.dry_breakers) {
    if (breaker.empty()) fail(ErrorCode::kInvalidArgument, "dry_breakers holds an empty sequence");
    for (const int32_t token : breaker) check_token("dry_breakers", token, n_vocab);
  }
}

}  // namespace ridge::sample
