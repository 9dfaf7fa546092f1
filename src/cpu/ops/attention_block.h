// One block of attention: a few positions of one KV head against chunks of its cache. See
// cpu/ops/attention_plan.h for the order in which everything is added up.
#pragma once

#include <cstdint>

#include "cpu/context.h"
#include "cpu/ops/attention_plan.h"

namespace ridge::cpu {

// K or V of the cache.
struct CacheHalf {
  const std::byte* data;
  int64_t page_bytes;
  int64_t head_bytes;  // of a head's positions in a page
  int64_t position_bytes;
  int64_t dim;
  int64_t padded_dim;  // to a multiple of kValueStep: what kernels of V compute with
  KvElement element;
  bool is_dense;  // nothing lies between the positions of a head in a page
};

// What all tasks of a call share.
struct AttentionCall {
  const AttentionKernels& kernels;
  AttentionPlan plan;
  CacheHalf k;
  CacheHalf v;
  int64_t page_size;
  const float* q;  // row i, head h at q + i * q_row_stride + h * q_head_stride
  int64_t q_row_stride;
  int64_t q_head_stride;
  float* out;
  int64_t out_row_stride;
  int64_t out_head_stride;
  float scale;
  float softcap;
  const float* sinks;  // of the query heads, or null

  // Whether products are those of int16 (see attention_kernels.h): decided by the heads' sizes
  // alone, so that every call of a layer computes alike.
  bool is_int16() const {
    return kernels.int16.scores != nullptr && k.dim % kInt16Step == 0 && v.dim % kInt16Step == 0;
  }
};

// Partial results: row r holds padded_dim weighted sums of V, then the maximum of the scores and
// the sum of their exponentials. A sum of 0 means that nothing was seen yet.
struct PartialRows {
  float* data = nullptr;
  int64_t dim = 0;

  int64_t stride() const { return stride_for(dim); }
  float* sums(int64_t row) const { return data + row * stride(); }
  float& max(int64_t row) const { return sums(row)[dim]; }
  float& total(int64_t row) const { return sums(row)[dim + 1]; }
  PartialRows from(int64_t row) const { return {sums(row), dim}; }
  static int64_t stride_for(int64_t dim) { return dim + kValueStep; }
};

// Rows further apart than a chunk is long: at a power of two they would compete for the same sets
// of the L1 cache.
inline constexpr int64_t kScoresStride = kChunk + 16;
inline constexpr int64_t kPanels = 2;  // panels of K at once

// A thread's own memory of int16 operands; empty where the call computes in f32.
struct Int16Memory {
  int16_t* q;           // [block_rows, k.dim]
  float* q_scales;      // [block_rows]
  int16_t* tile;        // kPanels panels of K, or pairs of V
  float* key_scales;    // [kPanels, kPanelKeys]
  float* value_scales;  // [kChunk]
  float* factors;       // [block_rows], of their weights
};

// A thread's own memory.
struct BlockMemory {
  float* q;       // [block_rows, k.dim], scaled
  float* scores;  // [block_rows, kScoresStride]
  float* tile;    // kPanels panels of K, or widened rows of V
  PartialRows chunk;
  PartialRows sum;
  Int16Memory int16;
};
int64_t tile_positions(int64_t padded_dim);  // rows of a widened tile: it stays in the L1 cache

// The block's partial result for one chunk.
void attend_chunk(const AttentionCall& call, const AttentionTask& task, int64_t chunk,
                  const BlockMemory& memory, const PartialRows& out);
void load_queries(const AttentionCall& call, const AttentionTask& task, const BlockMemory& memory);
void clear(const PartialRows& rows, int64_t n_rows);
// to = to joined with the next chunk's
void merge(const AttentionCall& call, const PartialRows& to, const PartialRows& next,
           int64_t n_rows);
void store_rows(const AttentionCall& call, const AttentionTask& task, const PartialRows& rows);

}  // namespace ridge::cpu
