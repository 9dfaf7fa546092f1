#include "cpu/ops/attention_block.h"

#include <cmath>
#include <cstring>

namespace ridge::cpu {
namespace {

// With fewer rows than this, cached values of V are converted inside the product; with more, once
// into a tile that all rows then read.
constexpr int64_t kWidenFromRows = 7;
// Up to so many rows the memory is the limit, not arithmetic: what comes next is fetched ahead.
constexpr int64_t kMemoryBoundRows = 16;

struct Range {
  int64_t begin;
  int64_t end;
  bool empty() const { return begin >= end; }
  int64_t size() const { return end - begin; }
};

Range intersect(Range a, Range b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

// Walks over the cached rows of one head, position by position or run by run (a run lies in one
// page).
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

const std::byte* row_at(const AttentionCall& call, const CacheHalf& half, const AttentionTask& task,
                        int64_t position) {
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

// Transposes the positions of `keys` into panels; past the last one, its copies fill the panel.
void pack_panels(const AttentionCall& call, const AttentionTask& task, Range keys, float* panels) {
  const CacheKernels& kernels = call.kernels.cache[int(call.k.element)];
  CacheWalk walk(call, call.k, task, keys.begin);
  for (int64_t p = keys.begin; p < keys.end; p += kPanelKeys, panels += kPanelKeys * call.k.dim) {
    const std::byte* rows[kPanelKeys];
    const int64_t n = std::min(kPanelKeys, keys.end - p);
    for (int64_t i = 0; i < n; ++i) {
      rows[i] = walk.row();
      walk.advance(1);
    }
    std::fill(rows + n, rows + kPanelKeys, rows[n - 1]);
    kernels.pack_keys(panels, rows, call.k.dim);
  }
}

// What is read after the keys before `end`: the next ones, then the first values.
const std::byte* after_keys(const AttentionCall& call, const AttentionTask& task, int64_t end,
                            Range seen) {
  return end < seen.end ? row_at(call, call.k, task, end) : row_at(call, call.v, task, seen.begin);
}

// Scores of whole panels: those of positions that a row does not see are left behind unread.
void score_chunk(const AttentionCall& call, const AttentionTask& task, const ChunkView& view,
                 const BlockMemory& memory) {
  const Range seen = view.seen();
  const bool fetches = task.n_positions * call.plan.group <= kMemoryBoundRows;
  for (int64_t p = seen.begin; p < seen.end; p += kPanels * kPanelKeys) {
    const Range keys{p, std::min(p + kPanels * kPanelKeys, seen.end)};
    pack_panels(call, task, keys, memory.tile);
    const Range viewers = view.viewers(keys);
    const int64_t row = viewers.begin * call.plan.group;
    call.kernels.scores({.q = memory.q + row * call.k.dim,
                         .q_stride = call.k.dim,
                         .n_rows = viewers.size() * call.plan.group,
                         .panels = memory.tile,
                         .n_panels = (keys.size() + kPanelKeys - 1) / kPanelKeys,
                         .dim = call.k.dim,
                         .scores = memory.scores + row * kScoresStride + view.column(p),
                         .scores_stride = kScoresStride,
                         .next = fetches ? after_keys(call, task, keys.end, seen) : nullptr,
                         .next_bytes = kPanels * kPanelKeys * call.k.position_bytes});
  }
}

// Rows of V as a kernel takes them.
struct Values {
  Range positions;
  const std::byte* data;
  int64_t stride;                   // bytes
  const std::byte* next = nullptr;  // the cached rows that come after them, to be fetched
};

void add_values(const AttentionCall& call, const ChunkView& view, const BlockMemory& memory,
                const Values& v, void (*kernel)(const AccumulateArgs&), const PartialRows& out) {
  view.for_viewers(v.positions, [&](int64_t i, int64_t n, Range seen) {
    const int64_t row = i * call.plan.group;
    kernel({.weights = memory.scores + row * kScoresStride + view.column(seen.begin),
            .weights_stride = kScoresStride,
            .n_rows = n * call.plan.group,
            .v = v.data + (seen.begin - v.positions.begin) * v.stride,
            .v_stride = v.stride,
            .n_keys = seen.size(),
            .dim = call.v.padded_dim,
            .sum = out.sums(row),
            .sum_stride = out.stride(),
            .next = v.next,
            .next_stride = call.v.position_bytes});
  });
}

// n rows of V from one page as f32, zeros in their padding.
void widen(const AttentionCall& call, const std::byte* rows, int64_t n, float* out) {
  const CacheHalf& v = call.v;
  const auto kernel = call.kernels.cache[int(v.element)].widen;
  if (v.dim == v.padded_dim) {
    kernel(out, rows, n * v.dim);
    return;
  }
  for (int64_t i = 0; i < n; ++i, out += v.padded_dim) {
    kernel(out, rows + i * v.position_bytes, v.dim);
    std::fill(out + v.dim, out + v.padded_dim, 0.0f);
  }
}

// What is read after the values before `end`: the next ones, then the task's next keys.
const std::byte* after_values(const AttentionCall& call, const AttentionTask& task, int64_t end,
                              Range seen) {
  if (end < seen.end) return row_at(call, call.v, task, end);
  const int64_t last = task.sequence->first_pos + task.first + task.n_positions - 1;
  return end <= last && end < task.end_chunk * kChunk ? row_at(call, call.k, task, end) : nullptr;
}

// Few rows: run by run, from the cache's own type where that has a kernel.
void weigh_values_of_few(const AttentionCall& call, const AttentionTask& task,
                         const ChunkView& view, const BlockMemory& memory, const PartialRows& out) {
  const Range seen = view.seen();
  const CacheHalf& v = call.v;
  const auto direct = call.kernels.cache[int(v.element)].accumulate;
  const bool widens = direct == nullptr || v.dim != v.padded_dim ||
                      task.n_positions * call.plan.group >= kWidenFromRows;
  const int64_t longest = widens ? tile_positions(v.padded_dim) : kChunk;
  for_runs(call, v, task, seen, [&](int64_t first, int64_t n_in_page, const std::byte* rows) {
    for (int64_t i = 0; i < n_in_page; i += longest, rows += longest * v.position_bytes) {
      const int64_t p = first + i, n = std::min(longest, n_in_page - i);
      Values values{{p, p + n}, rows, v.position_bytes, after_values(call, task, p + n, seen)};
      if (widens) {
        widen(call, rows, n, memory.tile);
        values.data = reinterpret_cast<const std::byte*>(memory.tile);
        values.stride = v.padded_dim * int64_t{sizeof(float)};
      }
      add_values(call, view, memory, values, widens ? call.kernels.accumulate_widened : direct,
                 out);
    }
  });
}

void weigh_values(const AttentionCall& call, const AttentionTask& task, const ChunkView& view,
                  const BlockMemory& memory, const PartialRows& out) {
  if (task.n_positions * call.plan.group <= kMemoryBoundRows) {
    weigh_values_of_few(call, task, view, memory, out);
    return;
  }
  const Range seen = view.seen();
  const int64_t padded_dim = call.v.padded_dim;
  const int64_t tile = tile_positions(padded_dim);
  for (int64_t begin = seen.begin; begin < seen.end; begin += tile) {
    const Range positions{begin, std::min(begin + tile, seen.end)};
    for_runs(call, call.v, task, positions, [&](int64_t p, int64_t n, const std::byte* rows) {
      widen(call, rows, n, memory.tile + (p - begin) * padded_dim);
    });
    add_values(call, view, memory,
               {positions, reinterpret_cast<const std::byte*>(memory.tile),
                padded_dim * int64_t{sizeof(float)}},
               call.kernels.accumulate_widened, out);
  }
}

void merge_row(const AttentionCall& call, const PartialRows& to, const PartialRows& next,
               int64_t row) {
  if (next.total(row) == 0.0f) return;
  if (to.total(row) == 0.0f) {
    std::memcpy(to.sums(row), next.sums(row), size_t(to.stride()) * sizeof(float));
    return;
  }
  const float max = std::max(to.max(row), next.max(row));
  const float to_factor = std::exp(to.max(row) - max);
  const float next_factor = std::exp(next.max(row) - max);
  call.kernels.merge(to.sums(row), to_factor, next.sums(row), next_factor, to.dim);
  to.total(row) = to.total(row) * to_factor + next.total(row) * next_factor;
  to.max(row) = max;
}

// What the weighted sums are multiplied with in the end. A sink joins the softmax as one more score
// and adds nothing to the sums.
float last_factor(const AttentionCall& call, const PartialRows& rows, int64_t row, int64_t head) {
  if (call.sinks == nullptr) return 1.0f / rows.total(row);
  const float max = std::max(rows.max(row), call.sinks[head]);
  const float factor = std::exp(rows.max(row) - max);
  return factor / (rows.total(row) * factor + std::exp(call.sinks[head] - max));
}

}  // namespace

int64_t tile_positions(int64_t padded_dim) {
  return std::clamp<int64_t>(4096 / padded_dim, 8, kChunk);
}

void load_queries(const AttentionCall& call, const AttentionTask& task, float* q) {
  const int64_t group = call.plan.group;
  for (int64_t row = 0; row < task.n_positions * group; ++row, q += call.k.dim) {
    const float* from = call.q +
                        (task.sequence->first_row + task.first + row / group) * call.q_row_stride +
                        (task.kv_head * group + row % group) * call.q_head_stride;
    for (int64_t i = 0; i < call.k.dim; ++i) q[i] = from[i] * call.scale;
  }
}

void clear(const PartialRows& rows, int64_t n_rows) {
  std::fill_n(rows.data, n_rows * rows.stride(), 0.0f);
}

void attend_chunk(const AttentionCall& call, const AttentionTask& task, int64_t chunk,
                  const BlockMemory& memory, const PartialRows& out) {
  const ChunkView view(call, task, chunk);
  const int64_t group = call.plan.group;
  clear(out, task.n_positions * group);
  score_chunk(call, task, view, memory);
  for (int64_t row = 0; row < task.n_positions * group; ++row) {
    const Range seen = view.seen_by(row / group);
    if (seen.empty()) continue;
    float* scores = memory.scores + row * kScoresStride + view.column(seen.begin);
    const SoftmaxSums sums = call.kernels.softmax(scores, seen.size(), call.softcap);
    out.max(row) = sums.max;
    out.total(row) = sums.sum;
  }
  weigh_values(call, task, view, memory, out);
}

void merge(const AttentionCall& call, const PartialRows& to, const PartialRows& next,
           int64_t n_rows) {
  for (int64_t row = 0; row < n_rows; ++row) merge_row(call, to, next, row);
}

void store_rows(const AttentionCall& call, const AttentionTask& task, const PartialRows& rows) {
  const int64_t group = call.plan.group;
  for (int64_t row = 0; row < task.n_positions * group; ++row) {
    const int64_t head = task.kv_head * group + row % group;
    float* to = call.out +
                (task.sequence->first_row + task.first + row / group) * call.out_row_stride +
                head * call.out_head_stride;
    const float factor = last_factor(call, rows, row, head);
    const float* sums = rows.sums(row);
    for (int64_t i = 0; i < call.v.dim; ++i) to[i] = sums[i] * factor;
  }
}

}  // namespace ridge::cpu
