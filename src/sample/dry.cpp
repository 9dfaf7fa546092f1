#include "sample/dry.h"

#include <algorithm>
#include <cmath>

#include "sample/history.h"

namespace ridge::sample {
namespace {

// z[i] = length of the longest common beginning of s and s[i..], where s is `text` reversed.
void reversed_z(std::span<const int32_t> text, std::vector<int32_t>& z) {
  const auto n = int32_t(text.size());
  const auto s = [&](int32_t i) { return text[size_t(n - 1 - i)]; };
  z.assign(text.size(), 0);
  for (int32_t i = 1, left = 0, right = 0; i < n; ++i) {
    int32_t length = i < right ? std::min(right - i, z[size_t(i - left)]) : 0;
    while (i + length < n && s(length) == s(i + length)) ++length;
    z[size_t(i)] = length;
    if (i + length > right) {
      left = i;
      right = i + length;
    }
  }
}

bool ends_with(std::span<const int32_t> text, std::span<const int32_t> end) {
  return text.size() >= end.size() &&
         std::equal(end.begin(), end.end(), text.end() - ptrdiff_t(end.size()));
}

}  // namespace

Dry::Dry(const SamplerParams& params, int n_vocab)
    : multiplier_(params.dry_last_n == 0 ? 0.0f : params.dry_multiplier),
      base_(params.dry_base),
      allowed_length_(params.dry_allowed_length),
      breakers_(params.dry_breakers) {
  if (!is_on()) return;
  const int n_recent = params.dry_last_n < 0 ? kMaxHistory : params.dry_last_n;
  z_.reserve(size_t(n_recent));
  longest_.resize(size_t(n_vocab));
  touched_.reserve(size_t(std::min(n_recent, n_vocab)));
}

int Dry::tokens_since_breaker(std::span<const int32_t> recent) const {
  for (size_t end = recent.size(); end > 0; --end) {
    for (const auto& breaker : breakers_) {
      if (ends_with(recent.first(end), breaker)) return int(recent.size() - end);
    }
  }
  return int(recent.size());
}

bool Dry::completes_breaker(std::span<const int32_t> recent, int32_t token) const {
  return std::any_of(breakers_.begin(), breakers_.end(), [&](const std::vector<int32_t>& breaker) {
    return breaker.back() == token &&
           ends_with(recent, std::span(breaker).first(breaker.size() - 1));
  });
}

void Dry::apply(std::span<const int32_t> recent, std::span<float> logits) {
  const int limit = tokens_since_breaker(recent);
  if (limit == 0 || limit < allowed_length_) return;
  reversed_z(recent, z_);
  for (size_t i = 1; i < recent.size(); ++i) {
    const int length = std::min(z_[i], limit);
    if (length == 0 || length < allowed_length_) continue;
    const int32_t next = recent[recent.size() - i];
    int32_t& longest = longest_[size_t(next)];
    if (longest == 0) touched_.push_back(next);
    longest = std::max(longest, length);
  }
  for (const int32_t token : touched_) {
    const int length = longest_[size_t(token)];
    longest_[size_t(token)] = 0;
    if (completes_breaker(recent, token)) continue;
    // The exponent is capped so that a long match stays a finite, and hopeless, penalty.
    const float power = std::pow(base_, float(length - allowed_length_));
    logits[size_t(token)] -= std::min(multiplier_ * power, 1e30f);
  }
  touched_.clear();
}

}  // namespace ridge::sample
