// The merge loop that BPE and SentencePiece share: of all neighbours that may merge, the pair of
// the lowest rank does, the leftmost first, until none is left. O(n log n) for n symbols.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <queue>
#include <vector>

#include "text/tokenizer/tokenizer.h"

namespace ridge::text {

// A stretch of the text that stands for one token; id is -1 where the vocabulary has none.
struct Symbol {
  uint32_t begin = 0;
  uint32_t size = 0;
  Token id = -1;

  bool operator==(const Symbol&) const = default;
};

struct Merge {
  static constexpr uint32_t kNever = std::numeric_limits<uint32_t>::max();
  uint32_t rank = kNever;
  Token id = -1;
};

namespace detail {

inline constexpr size_t kFewSymbols = 32;

inline Symbol joined(const Symbol& left, const Symbol& right, Token id) {
  return {left.begin, left.size + right.size, id};
}

// Scans for the minimum: for words, where a heap costs more than it saves.
template <class Lookup>
void merge_few(std::vector<Symbol>& symbols, const Lookup& lookup) {
  Merge merges[kFewSymbols];
  for (size_t i = 0; i + 1 < symbols.size(); ++i) merges[i] = lookup(symbols[i], symbols[i + 1]);
  while (symbols.size() > 1) {
    const size_t n = symbols.size() - 1;
    const auto best = std::min_element(
        merges, merges + n, [](const Merge& a, const Merge& b) { return a.rank < b.rank; });
    if (best->rank == Merge::kNever) return;
    const auto i = static_cast<size_t>(best - merges);
    symbols[i] = joined(symbols[i], symbols[i + 1], best->id);
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    std::copy(merges + i + 1, merges + n, merges + i);
    if (i + 1 < symbols.size()) merges[i] = lookup(symbols[i], symbols[i + 1]);
    if (i > 0) merges[i - 1] = lookup(symbols[i - 1], symbols[i]);
  }
}

struct QueuedMerge {
  Merge merge;
  uint32_t left = 0;  // index of the left symbol
  uint32_t left_size = 0;
  uint32_t right_size = 0;

  bool operator>(const QueuedMerge& other) const {
    return merge.rank != other.merge.rank ? merge.rank > other.merge.rank : left > other.left;
  }
};

// A symbol that was merged away has size 0; neighbours are linked by index.
template <class Lookup>
class ManySymbols {
 public:
  ManySymbols(std::vector<Symbol>& symbols, const Lookup& lookup)
      : symbols_(symbols), lookup_(lookup), previous_(symbols.size()), next_(symbols.size()) {
    for (uint32_t i = 0; i < symbols.size(); ++i) {
      previous_[i] = i - 1;
      next_[i] = i + 1;
    }
    for (uint32_t i = 0; i + 1 < symbols.size(); ++i) push(i);
  }

  void run() {
    while (!queue_.empty()) {
      const QueuedMerge top = queue_.top();
      queue_.pop();
      if (is_current(top)) apply(top);
    }
    std::erase_if(symbols_, [](const Symbol& s) { return s.size == 0; });
  }

 private:
  // Sizes tell whether both symbols are still those of the time of queueing: text cannot change.
  bool is_current(const QueuedMerge& queued) const {
    const uint32_t right = next_[queued.left];
    return symbols_[queued.left].size == queued.left_size && right < symbols_.size() &&
           symbols_[right].size == queued.right_size;
  }

  void apply(const QueuedMerge& queued) {
    const uint32_t left = queued.left;
    const uint32_t right = next_[left];
    symbols_[left] = joined(symbols_[left], symbols_[right], queued.merge.id);
    symbols_[right].size = 0;
    next_[left] = next_[right];
    if (next_[left] < symbols_.size()) previous_[next_[left]] = left;
    if (left > 0) push(previous_[left]);
    push(left);
  }

  void push(uint32_t left) {
    const uint32_t right = next_[left];
    if (right >= symbols_.size()) return;
    const Merge merge = lookup_(symbols_[left], symbols_[right]);
    if (merge.rank == Merge::kNever) return;
    queue_.push({merge, left, symbols_[left].size, symbols_[right].size});
  }

  std::vector<Symbol>& symbols_;
  const Lookup& lookup_;
  std::vector<uint32_t> previous_;
  std::vector<uint32_t> next_;
  std::priority_queue<QueuedMerge, std::vector<QueuedMerge>, std::greater<>> queue_;
};

}  // namespace detail

// lookup(left, right) says what two neighbours become, Merge::kNever in rank for nothing.
template <class Lookup>
void merge_symbols(std::vector<Symbol>& symbols, const Lookup& lookup) {
  if (symbols.size() <= detail::kFewSymbols) {
    detail::merge_few(symbols, lookup);
  } else {
    detail::ManySymbols<Lookup>(symbols, lookup).run();
  }
}

}  // namespace ridge::text
