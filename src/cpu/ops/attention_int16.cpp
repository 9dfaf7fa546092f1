#include "cpu/ops/attention_int16.h"

#include "cpu/ops/attention_view.h"

namespace ridge::cpu {
namespace {

// A tile of V is so many positions of so much of the head: its pairs stay in the L1 cache, and
// sums stay in registers over many positions.
constexpr int64_t kTilePositions = 128;
constexpr int64_t kTileDim = 64;
constexpr int64_t kKeys = kPanels * kPanelKeys;  // of a tile of K

const Int16CacheKernels& kernels_of(const AttentionCall& call, const CacheHalf& half) {
  return call.kernels.int16.cache[int(half.element)];
}

// A head's rows in a chunk, by column; where the task sees nothing, its first one.
struct ChunkRows {
  const std::byte* rows[kChunk];

  ChunkRows(const AttentionCall& call, const CacheHalf& half, const AttentionTask& task,
            const ChunkView& view, int64_t head) {
    const Range seen = view.seen();
    for_runs(call, half, task, seen, [&](int64_t p, int64_t n, const std::byte* first) {
      first += head * half.head_bytes;
      for (int64_t i = 0; i < n; ++i) rows[view.column(p + i)] = first + i * half.position_bytes;
    });
    const std::byte* first = rows[view.column(seen.begin)];
    std::fill(rows, rows + view.column(seen.begin), first);
    std::fill(rows + view.column(seen.end), rows + kChunk, first);
  }
};

// One head of a task against one chunk.
class HeadChunk {
 public:
  HeadChunk(const AttentionCall& call, const AttentionTask& task, const ChunkView& view,
            const BlockMemory& memory, int64_t head)
      : call_(call),
        view_(view),
        memory_(memory),
        own_(memory.int16),
        n_rows_(call.plan.head_rows(task)),
        first_row_(head * n_rows_),
        seen_{view.column(view.seen().begin), view.column(view.seen().end)} {}

  // Scores of whole panels: those of positions that a row does not see are left behind unread.
  // `next` is fetched in the meantime.
  void score(const ChunkRows& keys, const ChunkRows& next) const {
    const int64_t dim = call_.k.dim;
    for (int64_t c = seen_.begin / kKeys * kKeys; c < seen_.end; c += kKeys) {
      const int64_t n_panels = std::min(kPanels, (seen_.end - c + kPanelKeys - 1) / kPanelKeys);
      for (int64_t i = 0; i < n_panels; ++i) {
        const int64_t first = i * kPanelKeys;
        kernels_of(call_, call_.k)
            .pack_keys({.out = own_.tile + first * dim,
                        .rows = keys.rows + c + first,
                        .next = next.rows + c + first,
                        .dim = dim},
                       own_.key_scales + first);
      }
      call_.kernels.int16.scores({.q = own_.q + first_row_ * dim,
                                  .q_scales = own_.q_scales + first_row_,
                                  .q_stride = dim,
                                  .n_rows = n_rows_,
                                  .panels = own_.tile,
                                  .key_scales = own_.key_scales,
                                  .n_panels = n_panels,
                                  .dim = dim,
                                  .scores = memory_.scores + first_row_ * kScoresStride + c,
                                  .scores_stride = kScoresStride});
    }
  }

  void soften(const PartialRows& out) const {
    for_rows([&](int64_t row, Range columns) {
      float* scores = memory_.scores + row * kScoresStride + columns.begin;
      const SoftmaxSums sums = call_.kernels.softmax(scores, columns.size(), call_.softcap);
      out.max(row) = sums.max;
      out.total(row) = sums.sum;
    });
  }

  // out += weights, which are used up, times V.
  void weigh(const ChunkRows& values, const ChunkRows& next, const PartialRows& out) const {
    const Range tiles{seen_.begin / kPanelKeys * kPanelKeys,
                      (seen_.end + kPanelKeys - 1) / kPanelKeys * kPanelKeys};
    find_value_scales(values, tiles);
    quantize_weights(tiles);
    for (int64_t i = 0; i < call_.v.dim; i += kTileDim) {
      for (int64_t c = tiles.begin; c < tiles.end; c += kTilePositions) {
        accumulate(values, next, {c, std::min(c + kTilePositions, tiles.end)}, i, out);
      }
    }
    for_rows([&](int64_t row, Range) {
      call_.kernels.int16.to_floats(out.sums(row), own_.factors[row], call_.v.dim);
    });
  }

 private:
  // Calls fn(row, the columns that it sees) for rows that see any.
  template <class Fn>
  void for_rows(Fn fn) const {
    for (int64_t i = 0; i < n_rows_; ++i) {
      const Range seen = view_.seen_by(i / call_.plan.group);
      if (!seen.empty())
        fn(first_row_ + i, Range{view_.column(seen.begin), view_.column(seen.end)});
    }
  }

  void find_value_scales(const ChunkRows& values, Range tiles) const {
    float* scales = own_.value_scales;
    for (int64_t c = tiles.begin; c < tiles.end; c += kPanelKeys) {
      kernels_of(call_, call_.v).find_value_scales(scales + c, values.rows + c, call_.v.dim);
    }
    std::fill(scales + tiles.begin, scales + seen_.begin, 0.0f);
    std::fill(scales + seen_.end, scales + tiles.end, 0.0f);
  }

  // The row's weights as words, at the beginning of its floats.
  int16_t* words(int64_t row) const {
    return reinterpret_cast<int16_t*>(memory_.scores + row * kScoresStride);
  }

  void quantize_weights(Range tiles) const {
    for_rows([&](int64_t row, Range seen) {
      int16_t* out = words(row);
      own_.factors[row] = call_.kernels.int16.quantize_weights(
          out + seen.begin, memory_.scores + row * kScoresStride + seen.begin,
          own_.value_scales + seen.begin, seen.size());
      std::fill(out + tiles.begin, out + seen.begin, int16_t{0});
      std::fill(out + seen.end, out + tiles.end, int16_t{0});
    });
  }

  // The sums of rows that see nothing are never looked at.
  void accumulate(const ChunkRows& values, const ChunkRows& next, Range columns, int64_t begin,
                  const PartialRows& out) const {
    const int64_t n_pairs = columns.size() / 2, dim = std::min(kTileDim, call_.v.dim - begin);
    kernels_of(call_, call_.v)
        .pack_values({.out = own_.tile,
                      .rows = values.rows + columns.begin,
                      .next = next.rows + columns.begin,
                      .begin = begin,
                      .dim = dim},
                     own_.value_scales + columns.begin, n_pairs);
    call_.kernels.int16.accumulate(
        {.weights = words(first_row_) + columns.begin,
         .weights_stride = 2 * kScoresStride,
         .n_rows = n_rows_,
         .pairs = own_.tile,
         .n_pairs = n_pairs,
         .dim = dim,
         .sums = reinterpret_cast<int32_t*>(out.sums(first_row_)) + begin,
         .sums_stride = out.stride()});
  }

  const AttentionCall& call_;
  const ChunkView& view_;
  const BlockMemory& memory_;
  const Int16Memory& own_;
  int64_t n_rows_;
  int64_t first_row_;
  Range seen_;  // columns that any row sees
};

}  // namespace

int64_t int16_tile_size(const AttentionCall& call) {
  return std::max(kKeys * call.k.dim, kTilePositions * kTileDim);
}

void quantize_queries(const AttentionCall& call, int64_t n_rows, const BlockMemory& memory) {
  for (int64_t row = 0; row < n_rows; ++row) {
    const int64_t at = row * call.k.dim;
    memory.int16.q_scales[row] =
        call.kernels.int16.quantize_query(memory.int16.q + at, memory.q + at, call.k.dim);
  }
}

void attend_chunk_int16(const AttentionCall& call, const AttentionTask& task, int64_t chunk,
                        const BlockMemory& memory, const PartialRows& out) {
  const ChunkView view(call, task, chunk);
  const ChunkView next_view(call, task, std::min<int64_t>(chunk + 1, task.end_chunk - 1));
  ChunkRows keys(call, call.k, task, view, 0);
  for (int64_t head = 0; head < task.n_heads; ++head) {
    const HeadChunk part(call, task, view, memory, head);
    const ChunkRows values(call, call.v, task, view, head);
    part.score(keys, values);
    part.soften(out);
    const bool last = head + 1 == task.n_heads;
    keys = ChunkRows(call, call.k, task, last ? next_view : view, last ? 0 : head + 1);
    part.weigh(values, keys, out);
  }
}

}  // namespace ridge::cpu
