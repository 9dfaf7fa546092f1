#include "cpu/ops/attention_block.h"

#include <cmath>
#include <cstring>

#include "cpu/ops/attention_int16.h"
#include "cpu/ops/attention_view.h"

namespace ridge::cpu {
namespace {

// What is read at once of a head: it and as much fetched ahead fit the L1 cache beside the rest.
constexpr int64_t kRunBytes = 8192;

// What is read after the keys before `end`: the next ones, then the first values.
const std::byte* after_keys(const AttentionCall& call, const AttentionTask& task, int64_t end,
                            Range seen) {
  return end < seen.end ? row_at(call, call.k, task, end) : row_at(call, call.v, task, seen.begin);
}

void score_panels(const AttentionCall& call, const ScoresArgs& args, const KeyRows& keys,
                  bool directly, float* panels) {
  const CacheKernels& kernels = call.kernels.cache[int(call.k.element)];
  if (directly) return kernels.scores(args, keys.rows);
  for (int64_t i = 0; i < keys.n_panels; ++i) {
    kernels.pack_keys(panels + i * kPanelKeys * call.k.dim, keys.rows + i * kPanelKeys, call.k.dim);
  }
  call.kernels.scores(args, panels);
}

// Scores of whole panels: those of positions that a row does not see are left behind unread.
void score_chunk(const AttentionCall& call, const AttentionTask& task, const ChunkView& view,
                 const BlockMemory& memory) {
  const Range seen = view.seen();
  const bool few = call.plan.head_rows(task) <= kFewRows;
  const bool directly = few && call.kernels.cache[int(call.k.element)].scores != nullptr &&
                        call.k.dim % kDirectStep == 0;
  const bool long_rows = few && kPanels * kPanelKeys * call.k.position_bytes > kRunBytes;
  const int64_t step = long_rows ? kPanelKeys : kPanels * kPanelKeys;
  for (int64_t p = seen.begin; p < seen.end; p += step) {
    const Range keys{p, std::min(p + step, seen.end)};
    KeyRows rows(call, task, keys);
    const Range viewers = view.viewers(keys);
    for (int64_t head = 0; head < task.n_heads; ++head, rows.advance(call.k.head_bytes)) {
      const int64_t row = head * call.plan.head_rows(task) + viewers.begin * call.plan.group;
      ScoresArgs args{.q = memory.q + row * call.k.dim,
                      .q_stride = call.k.dim,
                      .n_rows = viewers.size() * call.plan.group,
                      .n_panels = rows.n_panels,
                      .dim = call.k.dim,
                      .scores = memory.scores + row * kScoresStride + view.column(p),
                      .scores_stride = kScoresStride};
      if (few) {
        args.next = head + 1 < task.n_heads ? rows.rows[0] + call.k.head_bytes
                                            : after_keys(call, task, keys.end, seen);
        args.next_bytes = rows.n_panels * kPanelKeys * call.k.position_bytes;
      }
      score_panels(call, args, rows, directly, memory.tile);
    }
  }
}

// Rows of V as a kernel takes them.
struct Values {
  Range positions;
  const std::byte* data;
  int64_t stride;                   // bytes
  int64_t first_row = 0;            // of the head that they belong to
  const std::byte* next = nullptr;  // the cached rows that come after them, to be fetched
};

void add_values(const AttentionCall& call, const ChunkView& view, const BlockMemory& memory,
                const Values& v, void (*kernel)(const AccumulateArgs&), const PartialRows& out) {
  view.for_viewers(v.positions, [&](int64_t i, int64_t n, Range seen) {
    const int64_t row = v.first_row + i * call.plan.group;
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
  if (v.is_dense && v.dim == v.padded_dim) {
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
  const int64_t head_rows = call.plan.head_rows(task);
  const auto direct = call.kernels.cache[int(v.element)].accumulate;
  const bool widens = direct == nullptr || v.dim != v.padded_dim;
  const int64_t longest =
      widens ? tile_positions(v.padded_dim) : std::max<int64_t>(8, kRunBytes / v.position_bytes);
  const auto add_run = [&](Values values, const std::byte* rows) {
    if (!widens) return add_values(call, view, memory, values, direct, out);
    widen(call, rows, values.positions.size(), memory.tile);
    values.data = reinterpret_cast<const std::byte*>(memory.tile);
    values.stride = v.padded_dim * int64_t{sizeof(float)};
    add_values(call, view, memory, values, call.kernels.accumulate_widened, out);
  };
  for_runs(call, v, task, seen, [&](int64_t first, int64_t n_in_page, const std::byte* run) {
    for (int64_t i = 0; i < n_in_page; i += longest) {
      const int64_t p = first + i, n = std::min(longest, n_in_page - i);
      const std::byte* rows = run + i * v.position_bytes;
      for (int64_t head = 0; head < task.n_heads; ++head, rows += v.head_bytes) {
        const bool last = head + 1 == task.n_heads;
        add_run({.positions = {p, p + n},
                 .data = rows,
                 .stride = v.position_bytes,
                 .first_row = head * head_rows,
                 .next = last ? after_values(call, task, p + n, seen) : rows + v.head_bytes},
                rows);
      }
    }
  });
}

void weigh_values(const AttentionCall& call, const AttentionTask& task, const ChunkView& view,
                  const BlockMemory& memory, const PartialRows& out) {
  if (call.plan.head_rows(task) <= kFewRows) {
    weigh_values_of_few(call, task, view, memory, out);
    return;
  }
  RIDGE_DCHECK(task.n_heads == 1);
  const Range seen = view.seen();
  const int64_t padded_dim = call.v.padded_dim;
  const int64_t tile = tile_positions(padded_dim);
  for (int64_t begin = seen.begin; begin < seen.end; begin += tile) {
    const Range positions{begin, std::min(begin + tile, seen.end)};
    for_runs(call, call.v, task, positions, [&](int64_t p, int64_t n, const std::byte* rows) {
      widen(call, rows, n, memory.tile + (p - begin) * padded_dim);
    });
    add_values(call, view, memory,
               {.positions = positions,
                .data = reinterpret_cast<const std::byte*>(memory.tile),
                .stride = padded_dim * int64_t{sizeof(float)}},
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

// Which row of the call's tensors, and which query head, a task's row is.
struct RowPlace {
  int64_t row;
  int64_t head;
};
RowPlace place_of(const AttentionCall& call, const AttentionTask& task, int64_t row) {
  const int64_t group = call.plan.group, head_rows = call.plan.head_rows(task);
  return {.row = task.sequence->first_row + task.first + row % head_rows / group,
          .head = (task.kv_head + row / head_rows) * group + row % group};
}

}  // namespace

int64_t tile_positions(int64_t padded_dim) {
  return std::clamp<int64_t>(4096 / padded_dim, 8, kChunk);
}

void load_queries(const AttentionCall& call, const AttentionTask& task, const BlockMemory& memory) {
  float* q = memory.q;
  for (int64_t row = 0; row < call.plan.rows(task); ++row, q += call.k.dim) {
    const RowPlace place = place_of(call, task, row);
    const float* from = call.q + place.row * call.q_row_stride + place.head * call.q_head_stride;
    for (int64_t i = 0; i < call.k.dim; ++i) q[i] = from[i] * call.scale;
  }
  if (call.is_int16()) quantize_queries(call, call.plan.rows(task), memory);
}

void clear(const PartialRows& rows, int64_t n_rows) {
  std::fill_n(rows.data, n_rows * rows.stride(), 0.0f);
}

void attend_chunk(const AttentionCall& call, const AttentionTask& task, int64_t chunk,
                  const BlockMemory& memory, const PartialRows& out) {
  const ChunkView view(call, task, chunk);
  const int64_t n_rows = call.plan.rows(task), head_rows = call.plan.head_rows(task);
  clear(out, n_rows);
  if (call.is_int16()) return attend_chunk_int16(call, task, chunk, memory, out);
  score_chunk(call, task, view, memory);
  for (int64_t row = 0; row < n_rows; ++row) {
    const Range seen = view.seen_by(row % head_rows / call.plan.group);
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
  for (int64_t row = 0; row < call.plan.rows(task); ++row) {
    const RowPlace place = place_of(call, task, row);
    float* to = call.out + place.row * call.out_row_stride + place.head * call.out_head_stride;
    const float factor = last_factor(call, rows, row, place.head);
    const float* sums = rows.sums(row);
    for (int64_t i = 0; i < call.v.dim; ++i) to[i] = sums[i] * factor;
  }
}

}  // namespace ridge::cpu
