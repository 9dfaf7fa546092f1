// How one call of attention is cut into tasks. Rows of a sequence form blocks (a few positions of
// one KV head with all its query heads); positions of the cache form chunks of kChunk, aligned to
// position 0. A row's result is the merge of its chunks' partial results in rising order, so the
// partition into blocks and tasks never shows in the bits. Where blocks are too few for the team,
// they are split: each few chunks of a block are a task.
//
// A page holds one KV head's positions after the other's. Where there are few rows, memory is the
// limit, and a block is a few KV heads, whose part of a page is then read in one go.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "backend/backend.h"

namespace ridge::cpu {

inline constexpr int64_t kChunk = 256;        // positions under one softmax
inline constexpr int64_t kBlockRows = 96;     // query rows that share what is read of a chunk
inline constexpr int64_t kFewRows = 16;       // … of one head up to which memory is the limit
inline constexpr int64_t kFewRowsOfAll = 32;  // … of all heads of a block, so that scores stay near

struct AttentionTask {
  const SequenceRows* sequence;
  int32_t kv_head;  // KV heads [kv_head, kv_head + n_heads)
  int32_t n_heads;
  int32_t first;  // positions [first, first + n_positions) of the sequence's rows
  int32_t n_positions;
  int32_t first_chunk;  // chunks [first_chunk, end_chunk) of this task …
  int32_t end_chunk;
  int32_t block_chunk;  // … of a block that sees chunks [block_chunk, block_end_chunk)
  int32_t block_end_chunk;
  int32_t n_parts;  // tasks of the block
  int32_t split;    // index among the split blocks; -1: the task is the whole block
  int64_t partial;  // first partial row of the block, where split
};

struct AttentionPlan {
  int64_t n_kv_heads = 0;
  int64_t group = 0;  // query heads of a KV head
  AttentionWindow window;
  int64_t block_positions = 0;
  int64_t heads_rows = 0;       // most rows of a block of several KV heads; 0: there are none
  int64_t chunks_per_task = 0;  // of a block that is split; 0: none is

  int64_t block_rows() const { return std::max(block_positions * group, heads_rows); }
  // Rows of a task: [n_heads, n_positions, group].
  int64_t head_rows(const AttentionTask& task) const { return task.n_positions * group; }
  int64_t rows(const AttentionTask& task) const { return task.n_heads * head_rows(task); }
  int64_t first_seen(int64_t position) const { return window.first_seen(position); }
};

struct PlanSize {
  int64_t n_tasks = 0;
  int64_t n_splits = 0;  // blocks whose chunks are tasks
  int64_t n_partial_rows = 0;
  int64_t n_scores = 0;  // rows × positions: the work
};

AttentionPlan plan_attention(int64_t n_heads, int64_t n_kv_heads, AttentionWindow window,
                             std::span<const SequenceRows> sequences, int n_threads);
PlanSize size_of(const AttentionPlan& plan, std::span<const SequenceRows> sequences);
// Writes size_of().n_tasks tasks, the longest first within a sequence.
void fill_tasks(const AttentionPlan& plan, std::span<const SequenceRows> sequences,
                AttentionTask* tasks);

}  // namespace ridge::cpu
