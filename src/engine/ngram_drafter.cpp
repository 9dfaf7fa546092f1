#include "engine/ngram_drafter.h"

#include <algorithm>

namespace ridge {
namespace {

constexpr int64_t kRemembered = 16;  // tokens

uint64_t key_of(std::span<const text::Token> tokens) {
  uint64_t key = 0;
  for (const text::Token token : tokens) key = (key ^ uint64_t(token)) * 0x9e3779b97f4a7c15u + 1;
  return key;
}

}  // namespace

bool NgramDrafter::goes_on(std::span<const text::Token> text) const {
  if (n_learned_ > int64_t(text.size())) return false;
  return std::ranges::equal(last_, text.first(size_t(n_learned_)).last(last_.size()));
}

// The last token's own context is learned when what follows it is known.
void NgramDrafter::learn(std::span<const text::Token> text) {
  for (; n_learned_ + 1 < int64_t(text.size()); ++n_learned_) {
    const int64_t next = n_learned_ + 1;
    for (size_t i = 0; i < kLengths.size(); ++i) {
      if (next < kLengths[i]) continue;
      next_[i][key_of(text.subspan(size_t(next - kLengths[i]), size_t(kLengths[i])))] = next;
    }
  }
}

std::span<const text::Token> NgramDrafter::propose(const DraftRequest& request) {
  const std::span<const text::Token> text = request.text;
  if (!goes_on(text)) {
    for (auto& table : next_) table.clear();
    n_learned_ = 0;
  }
  learn(text);
  const auto known = text.first(size_t(n_learned_));
  const auto few = known.last(std::min(known.size(), size_t(kRemembered)));
  last_.assign(few.begin(), few.end());
  for (size_t i = 0; i < kLengths.size(); ++i) {
    const auto n = size_t(kLengths[i]);
    if (text.size() < n) continue;
    const auto context = text.last(n);
    const auto found = next_[i].find(key_of(context));
    if (found == next_[i].end()) continue;
    const auto next = size_t(found->second);
    if (!std::ranges::equal(text.subspan(next - n, n), context)) continue;
    return text.subspan(next, std::min(size_t(request.most), text.size() - next));
  }
  return {};
}

}  // namespace ridge
