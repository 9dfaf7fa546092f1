#include "cpu/ops/attention_plan.h"

namespace ridge::cpu {
namespace {

// Enough tasks a thread that a late one costs little.
constexpr int64_t kTasksPerThread = 4;
constexpr int64_t kPartsPerThread = 8;  // of split blocks, whose memory is read in one go

int64_t n_blocks(const AttentionPlan& plan, const SequenceRows& sequence) {
  return (sequence.n_rows + plan.block_positions - 1) / plan.block_positions;
}

// KV heads of a block of n positions.
int64_t n_heads(const AttentionPlan& plan, int64_t n) {
  const int64_t rows = n * plan.group;
  if (rows > kFewRows || rows > plan.heads_rows) return 1;
  return std::min(plan.n_kv_heads, plan.heads_rows / rows);
}

// Calls fn(whole block as a task) for each block.
template <class Fn>
void for_blocks(const AttentionPlan& plan, std::span<const SequenceRows> sequences, Fn fn) {
  for (const SequenceRows& sequence : sequences) {
    for (int64_t block = n_blocks(plan, sequence) - 1; block >= 0; --block) {
      const int64_t first = block * plan.block_positions;
      const int64_t n = std::min(plan.block_positions, sequence.n_rows - first);
      const int64_t chunk = plan.first_seen(sequence.first_pos + first) / kChunk;
      const int64_t end = (sequence.first_pos + first + n - 1) / kChunk + 1;
      const int64_t n_together = n_heads(plan, n);
      for (int64_t head = 0; head < plan.n_kv_heads; head += n_together) {
        fn(AttentionTask{.sequence = &sequence,
                         .kv_head = int32_t(head),
                         .n_heads = int32_t(std::min(n_together, plan.n_kv_heads - head)),
                         .first = int32_t(first),
                         .n_positions = int32_t(n),
                         .first_chunk = int32_t(chunk),
                         .end_chunk = int32_t(end),
                         .block_chunk = int32_t(chunk),
                         .block_end_chunk = int32_t(end),
                         .n_parts = 1,
                         .split = -1,
                         .partial = -1});
      }
    }
  }
}

bool is_split(const AttentionPlan& plan, const AttentionTask& block) {
  return plan.chunks_per_task > 0 && block.end_chunk - block.first_chunk > 1;
}

int64_t n_parts(const AttentionPlan& plan, const AttentionTask& block) {
  const int64_t n = block.end_chunk - block.first_chunk;
  return (n + plan.chunks_per_task - 1) / plan.chunks_per_task;
}

int64_t partial_rows(const AttentionPlan& plan, const AttentionTask& block) {
  return plan.rows(block) * (block.end_chunk - block.first_chunk);
}

}  // namespace

AttentionPlan plan_attention(int64_t n_heads, int64_t n_kv_heads, AttentionWindow window,
                             std::span<const SequenceRows> sequences, int n_threads) {
  AttentionPlan plan{.n_kv_heads = n_kv_heads, .group = n_heads / n_kv_heads, .window = window};
  plan.block_positions = std::max<int64_t>(1, kBlockRows / plan.group);
  int64_t n_tasks = 0, n_chunks = 0;
  const auto count = [&] {
    n_tasks = n_chunks = 0;
    for_blocks(plan, sequences, [&](const AttentionTask& block) {
      n_tasks += 1;
      n_chunks += block.end_chunk - block.first_chunk;
    });
  };
  count();
  if (n_chunks >= kTasksPerThread * n_threads * plan.n_kv_heads) {
    plan.heads_rows = kFewRowsOfAll;  // there is enough to share without the heads
    count();
  }
  if (n_threads > 1 && n_tasks < kTasksPerThread * n_threads) {
    plan.chunks_per_task = std::max<int64_t>(1, n_chunks / (kPartsPerThread * n_threads));
  }
  return plan;
}

PlanSize size_of(const AttentionPlan& plan, std::span<const SequenceRows> sequences) {
  PlanSize size;
  for_blocks(plan, sequences, [&](const AttentionTask& block) {
    const int64_t last = block.sequence->first_pos + block.first + block.n_positions - 1;
    const int64_t first = plan.first_seen(block.sequence->first_pos + block.first);
    size.n_scores += plan.rows(block) * (last - first + 1);
    if (is_split(plan, block)) {
      size.n_tasks += n_parts(plan, block);
      size.n_splits += 1;
      size.n_partial_rows += partial_rows(plan, block);
    } else {
      size.n_tasks += 1;
    }
  });
  return size;
}

void fill_tasks(const AttentionPlan& plan, std::span<const SequenceRows> sequences,
                AttentionTask* tasks) {
  int32_t split = 0;
  int64_t partial = 0;
  for_blocks(plan, sequences, [&](AttentionTask block) {
    if (!is_split(plan, block)) {
      *tasks++ = block;
      return;
    }
    block.split = split++;
    block.partial = partial;
    block.n_parts = int32_t(n_parts(plan, block));
    partial += partial_rows(plan, block);
    const auto step = int32_t(plan.chunks_per_task);
    for (int32_t chunk = block.block_chunk; chunk < block.block_end_chunk; chunk += step) {
      block.first_chunk = chunk;
      block.end_chunk = std::min(chunk + step, block.block_end_chunk);
      *tasks++ = block;
    }
  });
}

}  // namespace ridge::cpu
