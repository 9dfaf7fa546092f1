#include "cpu/ops/attention.h"

#include <atomic>

#include "cpu/cpu_buffer.h"
#include "cpu/ops/attention_block.h"
#include "cpu/ops/attention_int16.h"

namespace ridge::cpu {
namespace {

// Multiply-adds below which a second thread costs more than it brings.
constexpr int64_t kWorthSharing = 1 << 17;

int64_t padded(int64_t n) {
  return (n + kValueStep - 1) / kValueStep * kValueStep;
}

CacheHalf half_of(const Tensor& t) {
  RIDGE_DCHECK(t.rank == 4 && (t.dtype == DType::kF16 || t.dtype == DType::kQ8_0));
  return {.data = bytes_of(t),
          .page_bytes = row_bytes(t.dtype, t.stride[0]),
          .head_bytes = row_bytes(t.dtype, t.stride[1]),
          .position_bytes = row_bytes(t.dtype, t.stride[2]),
          .dim = t.shape[3],
          .padded_dim = padded(t.shape[3]),
          .element = t.dtype == DType::kF16 ? KvElement::kF16 : KvElement::kQ8_0,
          .is_dense = t.stride[2] == t.shape[3]};
}

// Hands out cache-line-aligned pieces of a block; with no block it only adds up their sizes.
class Pieces {
 public:
  explicit Pieces(std::byte* block = nullptr) : block_(block) {}
  template <class T>
  T* take(int64_t n) {
    std::byte* piece = block_ == nullptr ? nullptr : block_ + used_;
    used_ += (size_t(n) * sizeof(T) + 63) / 64 * 64;
    return reinterpret_cast<T*>(piece);
  }
  size_t used() const { return used_; }

 private:
  std::byte* block_;
  size_t used_ = 0;
};

struct CallMemory {
  AttentionTask* tasks;
  int32_t* parts_left;  // of each split block
  PartialRows partials;
  BlockMemory* blocks;  // one a thread
};

Int16Memory carve_int16(const AttentionCall& call, Pieces& pieces) {
  if (!call.is_int16()) return {};
  const int64_t rows = call.plan.block_rows();
  return {.q = pieces.take<int16_t>(rows * call.k.dim),
          .q_scales = pieces.take<float>(rows),
          .tile = pieces.take<int16_t>(int16_tile_size(call)),
          .key_scales = pieces.take<float>(kPanels * kPanelKeys),
          .value_scales = pieces.take<float>(kChunk),
          .factors = pieces.take<float>(rows)};
}

BlockMemory carve_block(const AttentionCall& call, Pieces& pieces) {
  const int64_t rows = call.plan.block_rows();
  const int64_t tile = std::max(kPanels * kPanelKeys * call.k.dim,
                                tile_positions(call.v.padded_dim) * call.v.padded_dim);
  const int64_t partial = rows * PartialRows::stride_for(call.v.padded_dim);
  return {.q = pieces.take<float>(rows * call.k.dim),
          .scores = pieces.take<float>(rows * kScoresStride),
          .tile = pieces.take<float>(tile),
          .chunk = {pieces.take<float>(partial), call.v.padded_dim},
          .sum = {pieces.take<float>(partial), call.v.padded_dim},
          .int16 = carve_int16(call, pieces)};
}

CallMemory carve(const AttentionCall& call, const PlanSize& size, int n_threads, Pieces& pieces) {
  CallMemory memory{.tasks = pieces.take<AttentionTask>(size.n_tasks),
                    .parts_left = pieces.take<int32_t>(size.n_splits),
                    .partials = {pieces.take<float>(size.n_partial_rows *
                                                    PartialRows::stride_for(call.v.padded_dim)),
                                 call.v.padded_dim},
                    .blocks = pieces.take<BlockMemory>(n_threads)};
  for (int i = 0; i < n_threads; ++i) {
    const BlockMemory block = carve_block(call, pieces);
    if (memory.blocks != nullptr) memory.blocks[i] = block;
  }
  return memory;
}

void attend_block(const AttentionCall& call, const AttentionTask& task, const BlockMemory& memory) {
  const int64_t n_rows = call.plan.rows(task);
  attend_chunk(call, task, task.first_chunk, memory, memory.sum);
  for (int64_t chunk = task.first_chunk + 1; chunk < task.end_chunk; ++chunk) {
    attend_chunk(call, task, chunk, memory, memory.chunk);
    merge(call, memory.sum, memory.chunk, n_rows);
  }
  store_rows(call, task, memory.sum);
}

// Some chunks of a split block; whoever finishes its last part merges them all.
void attend_part(const AttentionCall& call, const AttentionTask& task, const CallMemory& memory,
                 const BlockMemory& block) {
  const int64_t n_rows = call.plan.rows(task);
  const PartialRows parts = memory.partials.from(task.partial);
  for (int64_t chunk = task.first_chunk; chunk < task.end_chunk; ++chunk) {
    attend_chunk(call, task, chunk, block, parts.from((chunk - task.block_chunk) * n_rows));
  }
  std::atomic_ref<int32_t> left(memory.parts_left[task.split]);
  if (left.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  const int64_t n_chunks = task.block_end_chunk - task.block_chunk;
  for (int64_t i = 1; i < n_chunks; ++i) merge(call, parts, parts.from(i * n_rows), n_rows);
  store_rows(call, task, parts);
}

}  // namespace

void attention(Context& context, const Tensor& out, const Tensor& q, const KvView& cache,
               std::span<const SequenceRows> sequences, const AttentionParams& params) {
  RIDGE_DCHECK(q.rank == 3 && out.rank == 3 && q.shape[1] % cache.k.shape[1] == 0);
  const int n_threads = context.pool.size();
  const AttentionCall call{
      .kernels = context.kernels.attention,
      .plan = plan_attention(q.shape[1], cache.k.shape[1], params.window, sequences, n_threads),
      .k = half_of(cache.k),
      .v = half_of(cache.v),
      .page_size = cache.page_size(),
      .q = data_of<float>(q),
      .q_row_stride = q.stride[0],
      .q_head_stride = q.stride[1],
      .out = data_of<float>(out),
      .out_row_stride = out.stride[0],
      .out_head_stride = out.stride[1],
      .scale = params.scale,
      .softcap = params.softcap,
      .sinks = params.sinks ? data_of<float>(params.sinks) : nullptr};
  const PlanSize size = size_of(call.plan, sequences);
  Pieces sizes;
  carve(call, size, n_threads, sizes);
  Pieces pieces(context.scratch.get(ScratchSlot::kAttention, sizes.used()));
  const CallMemory memory = carve(call, size, n_threads, pieces);
  fill_tasks(call.plan, sequences, memory.tasks);
  for (int64_t i = 0; i < size.n_tasks; ++i) {
    const AttentionTask& task = memory.tasks[i];
    if (task.split >= 0) memory.parts_left[task.split] = task.n_parts;
  }

  const auto run = [&](int64_t i, int thread) {
    const AttentionTask& task = memory.tasks[i];
    const BlockMemory& block = memory.blocks[thread];
    load_queries(call, task, block);
    if (task.split >= 0) {
      attend_part(call, task, memory, block);
    } else {
      attend_block(call, task, block);
    }
  };
  if (n_threads == 1 || size.n_scores * (call.k.dim + call.v.dim) < kWorthSharing) {
    for (int64_t i = 0; i < size.n_tasks; ++i) run(i, 0);
  } else {
    context.pool.run_tasks(size.n_tasks, run);
  }
}

}  // namespace ridge::cpu
