// What every verb of the CPU back end works with. Owned by the back end, passed to ops/.
#pragma once

#include "base/thread_pool.h"
#include "cpu/kernels/kernel_table.h"
#include "cpu/ops/rope_tables.h"
#include "cpu/scratch.h"
#include "cpu/weight_arena.h"
#include "cpu/weight_order.h"

namespace ridge::cpu {

struct Context {
  ThreadPool& pool;
  const KernelTable& kernels;
  Scratch& scratch;
  RopeTables& rope_tables;
  WeightArena& weights;
  WeightOrder& order;
};

}  // namespace ridge::cpu
