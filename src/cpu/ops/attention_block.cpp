#include "cpu/ops/attention_block.h"

#include <cmath>
#include <cstring>

namespace ridge::cpu {
namespace {

// With fewer rows than this a cached value is converted inside the product; with more, once into a
// tile that all rows then read.
constexpr int64_t kWidenFromRows = 8;

struct Range {
  int64_t begin;
  int64_t end;
  bool empty() const { return begin >= end; }
};

Range intersect(Range a, Range b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

// A run of positions in one page.
struct Run {
  Range positions;
  int64_t page;
  int64_t slot;  // of the first one
};

template <class Fn>
void for_runs(const AttentionCall& call, const AttentionTask& task, Range positions,
              int64_t longest, Fn fn) {
  for (int64_t p = positions.begin; p < positions.end;) {
    const int64_t slot = p % call.page_size;
    const int64_t n = std::min({longest, call.page_size - slot, positions.end - p});
    const int32_t page = task.sequence->pages[size_t(p / call.page_size)];
    RIDGE_DCHECK(page >= 0);
    fn(Run{{p, p + n}, page, slot});
    p += n;
  }
}

// Rows of K or V as a kernel takes them.
struct Operand {
  const std::byte* data;
  int64_t stride;  // bytes
  KvElement element;
};

class RunReader {
 public:
  RunReader(const AttentionCall& call, const CacheHalf& half, const AttentionTask& task,
            float* tile)
      : call_(call),
        half_(half),
        head_(task.kv_head),
        tile_(tile),
        widens_(task.n_positions * call.plan.group >= kWidenFromRows ||
                half.dim != half.padded_dim) {}

  int64_t longest_run() const { return widens_ ? tile_positions(half_.padded_dim) : kChunk; }

  Operand read(const Run& run) const {
    const std::byte* data = half_.data + run.page * half_.page_bytes + head_ * half_.head_bytes +
                            run.slot * half_.position_bytes;
    if (!widens_) return {data, half_.position_bytes, half_.element};
    widen(data, run.positions.end - run.positions.begin);
    return {reinterpret_cast<const std::byte*>(tile_), half_.padded_dim * int64_t{sizeof(float)},
            KvElement::kF32};
  }

 private:
  void widen(const std::byte* data, int64_t n) const {
    const auto kernel = call_.kernels.widen[int(half_.element)];
    if (half_.dim == half_.padded_dim) {
      kernel(tile_, data, n * half_.dim);
      return;
    }
    for (int64_t i = 0; i < n; ++i) {
      float* row = tile_ + i * half_.padded_dim;
      kernel(row, data + i * half_.position_bytes, half_.dim);
      std::fill(row + half_.dim, row + half_.padded_dim, 0.0f);
    }
  }

  const AttentionCall& call_;
  const CacheHalf& half_;
  int64_t head_;
  float* tile_;
  bool widens_;
};

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

  // Cuts a run by who sees what: fn(first, n, positions) for n positions of the task that all see
  // the same part of it. Where everybody sees everything, that is one call.
  template <class Fn>
  void for_viewers(Range run, Fn fn) const {
    for (int64_t i = 0; i < n_positions_;) {
      const Range seen = intersect(run, seen_by(i));
      int64_t n = 1;
      while (i + n < n_positions_ && same(seen, intersect(run, seen_by(i + n)))) ++n;
      if (!seen.empty()) fn(i, n, seen);
      i += n;
    }
  }

 private:
  static bool same(Range a, Range b) {
    return (a.empty() && b.empty()) || (a.begin == b.begin && a.end == b.end);
  }

  const AttentionPlan& plan_;
  int64_t first_position_;
  int64_t n_positions_;
  Range chunk_;
};

void score_chunk(const AttentionCall& call, const AttentionTask& task, const ChunkView& view,
                 const BlockMemory& memory) {
  const RunReader reader(call, call.k, task, memory.tile);
  for_runs(call, task, view.seen(), reader.longest_run(), [&](const Run& run) {
    const Operand k = reader.read(run);
    view.for_viewers(run.positions, [&](int64_t i, int64_t n, Range seen) {
      const int64_t row = i * call.plan.group;
      call.kernels.scores[int(k.element)](
          {.q = memory.q + row * call.k.padded_dim,
           .q_stride = call.k.padded_dim,
           .n_rows = n * call.plan.group,
           .k = k.data + (seen.begin - run.positions.begin) * k.stride,
           .k_stride = k.stride,
           .n_keys = seen.end - seen.begin,
           .dim = call.k.padded_dim,
           .scores = memory.scores + row * kChunk + view.column(seen.begin),
           .scores_stride = kChunk});
    });
  });
}

void weigh_values(const AttentionCall& call, const AttentionTask& task, const ChunkView& view,
                  const BlockMemory& memory, const PartialRows& out) {
  const RunReader reader(call, call.v, task, memory.tile);
  for_runs(call, task, view.seen(), reader.longest_run(), [&](const Run& run) {
    const Operand v = reader.read(run);
    view.for_viewers(run.positions, [&](int64_t i, int64_t n, Range seen) {
      const int64_t row = i * call.plan.group;
      call.kernels.accumulate[int(v.element)](
          {.weights = memory.scores + row * kChunk + view.column(seen.begin),
           .weights_stride = kChunk,
           .n_rows = n * call.plan.group,
           .v = v.data + (seen.begin - run.positions.begin) * v.stride,
           .v_stride = v.stride,
           .n_keys = seen.end - seen.begin,
           .dim = call.v.padded_dim,
           .sum = out.sums(row),
           .sum_stride = out.stride()});
    });
  });
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

}  // namespace

int64_t tile_positions(int64_t padded_dim) {
  return std::clamp<int64_t>(4096 / padded_dim, 8, kChunk);
}

void load_queries(const AttentionCall& call, const AttentionTask& task, float* q) {
  const int64_t group = call.plan.group;
  for (int64_t row = 0; row < task.n_positions * group; ++row, q += call.k.padded_dim) {
    const float* from = call.q +
                        (task.sequence->first_row + task.first + row / group) * call.q_row_stride +
                        (task.kv_head * group + row % group) * call.q_head_stride;
    for (int64_t i = 0; i < call.k.dim; ++i) q[i] = from[i] * call.scale;
    std::fill(q + call.k.dim, q + call.k.padded_dim, 0.0f);
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
    float* scores = memory.scores + row * kChunk + view.column(seen.begin);
    const SoftmaxSums sums = call.kernels.softmax(scores, seen.end - seen.begin, call.softcap);
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
    float* to = call.out +
                (task.sequence->first_row + task.first + row / group) * call.out_row_stride +
                (task.kv_head * group + row % group) * call.out_head_stride;
    const float factor = 1.0f / rows.total(row);
    const float* sums = rows.sums(row);
    for (int64_t i = 0; i < call.v.dim; ++i) to[i] = sums[i] * factor;
  }
}

}  // namespace ridge::cpu
