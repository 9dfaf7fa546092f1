// The products of a block of attention in int16 (see cpu/kernels/attention_kernels.h): what
// attention_block.cpp does in f32 where the machine has nothing faster.
#pragma once

#include "cpu/ops/attention_block.h"

namespace ridge::cpu {

int64_t int16_tile_size(const AttentionCall& call);  // words
// memory.q → memory.int16.q
void quantize_queries(const AttentionCall& call, int64_t n_rows, const BlockMemory& memory);
// The block's partial result for one chunk; `out` is cleared.
void attend_chunk_int16(const AttentionCall& call, const AttentionTask& task, int64_t chunk,
                        const BlockMemory& memory, const PartialRows& out);

}  // namespace ridge::cpu
