// What a block of attention sees: ranges of positions, and where their rows lie in the cache's
// pages.
#pragma once

#include <algorithm>
#include <span>

#include "cpu/ops/attention_block.h"

namespace ridge::cpu {

struct Range {
  int64_t begin;
  int64_t end;
  bool empty() const { return begin >= end; }
  int64_t size() const { return end - begin; }
};

inline Range intersect(Range a, Range b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

// Walks over the cached rows of the task's first head, run by run (a run lies in one page).
class CacheWalk {
 public:
  CacheWalk(const AttentionCall& call, const CacheHalf& half, const AttentionTask& task,
            int64_t position)
      : half_(half),
        head_offset_(task.kv_head * half.head_bytes),
        pages_(task.sequence->pages),
        page_size_(call.page_size),
        page_(position / call.page_size),
        slot_(position % call.page_size) {}

  const std::byte* row() const {
    const int32_t page = pages_[size_t(page_)];
    RIDGE_DCHECK(page >= 0);
    return half_.data + page * half_.page_bytes + head_offset_ + slot_ * half_.position_bytes;
  }
  int64_t left_in_page() const { return page_size_ - slot_; }
  void advance(int64_t n) {  // n <= left_in_page()
    slot_ += n;
    if (slot_ == page_size_) {
      slot_ = 0;
      ++page_;
    }
  }

 private:
  const CacheHalf& half_;
  int64_t head_offset_;
  std::span<const int32_t> pages_;
  int64_t page_size_;
  int64_t page_;
  int64_t slot_;
};

inline const std::byte* row_at(const AttentionCall& call, const CacheHalf& half,
                               const AttentionTask& task, int64_t position) {
  return CacheWalk(call, half, task, position).row();
}

// Calls fn(first position, n, their rows) for the runs of a range.
template <class Fn>
void for_runs(const AttentionCall& call, const CacheHalf& half, const AttentionTask& task,
              Range positions, Fn fn) {
  CacheWalk walk(call, half, task, positions.begin);
  for (int64_t p = positions.begin; p < positions.end;) {
    const int64_t n = std::min(walk.left_in_page(), positions.end - p);
    fn(p, n, walk.row());
    walk.advance(n);
    p += n;
  }
}

// The rows of a task against one chunk.
class ChunkView {
 public:
  ChunkView(const AttentionCall& call, const AttentionTask& task, int64_t chunk)
      : plan_(call.plan),
        first_position_(task.sequence->first_pos + task.first),
        n_positions_(task.n_positions),
        chunk_{chunk * kChunk, (chunk + 1) * kChunk} {}

  // Positions of the chunk that the i-th position of the task sees.
  Range seen_by(int64_t i) const {
    const int64_t position = first_position_ + i;
    return intersect(chunk_, {plan_.first_seen(position), position + 1});
  }
  // … that any of them sees.
  Range seen() const {
    return {seen_by(0).begin, std::max(seen_by(0).end, seen_by(n_positions_ - 1).end)};
  }
  int64_t column(int64_t position) const { return position - chunk_.begin; }

  // The positions of the task that see any of `keys`, counted from its first.
  Range viewers(Range keys) const {
    const int64_t end = plan_.window.size > 0
                            ? plan_.window.end_of_viewers(keys.end - 1) - first_position_
                            : n_positions_;
    return intersect({0, n_positions_}, {keys.begin - first_position_, end});
  }

  // Cuts a run by who sees what: fn(first, n, positions) for n positions of the task that all see
  // the same part of it. Where everybody sees everything, that is one call.
  template <class Fn>
  void for_viewers(Range run, Fn fn) const {
    if (run.end <= seen_by(0).end && run.begin >= seen_by(n_positions_ - 1).begin) {
      fn(0, n_positions_, run);
      return;
    }
    for (int64_t i = 0; i < n_positions_; ++i) {
      const Range seen = intersect(run, seen_by(i));
      if (!seen.empty()) fn(i, 1, seen);
    }
  }

 private:
  const AttentionPlan& plan_;
  int64_t first_position_;
  int64_t n_positions_;
  Range chunk_;
};

// The first head's rows of the positions of `keys`; the last one fills the rest.
struct KeyRows {
  const std::byte* rows[kPanels * kPanelKeys];
  int64_t n_panels;

  KeyRows(const AttentionCall& call, const AttentionTask& task, Range keys)
      : n_panels((keys.size() + kPanelKeys - 1) / kPanelKeys) {
    const std::byte** row = rows;
    for_runs(call, call.k, task, keys, [&](int64_t, int64_t n, const std::byte* first) {
      for (int64_t i = 0; i < n; ++i) *row++ = first + i * call.k.position_bytes;
    });
    std::fill(row, std::end(rows), row[-1]);
  }
  void advance(int64_t bytes) {  // to the next head
    for (const std::byte*& row : rows) row += bytes;
  }
};

}  // namespace ridge::cpu
