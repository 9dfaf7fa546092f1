// The last tokens of a sequence, as one contiguous span. Allocates in the constructor only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace ridge::sample {

// "All tokens" (-1) means so many: half a megabyte, and longer than any penalty is of use.
inline constexpr int kMaxHistory = 1 << 17;

class History {
 public:
  explicit History(int n_tokens) : n_tokens_(size_t(n_tokens)) { tokens_.reserve(2 * n_tokens_); }

  void push(int32_t token) {
    if (n_tokens_ == 0) return;
    if (tokens_.size() == 2 * n_tokens_) {
      tokens_.erase(tokens_.begin(), tokens_.begin() + ptrdiff_t(n_tokens_));
    }
    tokens_.push_back(token);
  }

  // The last n tokens, or all that are kept if they are fewer or n is -1; the oldest first.
  std::span<const int32_t> last(int n) const {
    const size_t kept = std::min(tokens_.size(), n_tokens_);
    const size_t wanted = n < 0 ? kept : std::min(kept, size_t(n));
    return std::span(tokens_).last(wanted);
  }

 private:
  size_t n_tokens_;
  std::vector<int32_t> tokens_;
};

}  // namespace ridge::sample
