// What a model takes of memory, by class, before any of it is there: weights from its tensors,
// cache and intermediate results by the code that the engine allocates with. Any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "kv/pool.h"
#include "planner/hardware.h"
#include "planner/work.h"

namespace ridge::planner {

struct RunSetup {
  int64_t context = 4096;  // tokens of one slot
  int64_t n_slots = 1;
  DType k_dtype = DType::kF16;
  DType v_dtype = DType::kF16;
  int64_t batch = 512;  // prompt tokens of a pass
  // Rows of logits that are kept, and what the program takes besides: llama.cpp's and its driver's.
  int64_t logit_rows = 512;
  int64_t reserve = 700'000'000;
};
// The same of this engine: 2 · 16 rows, and the 128 MiB that plan_memory() books for the program.
inline RunSetup on_this_engine(RunSetup setup) {
  setup.logit_rows = 32;
  setup.reserve = int64_t{128} << 20;
  return setup;
}

// Bytes.
struct Footprint {
  int64_t weights = 0;
  std::vector<KvKindMemory> kv;  // by kind of layer that attends
  int64_t state = 0;             // of recurrent layers
  int64_t compute = 0;           // intermediate results and logits
  int64_t reserve = 0;           // what the program and its driver take besides

  int64_t cache() const;
  int64_t total() const { return weights + cache() + state + compute + reserve; }
};
// Throws Error{kInvalidArgument} for a cache that no memory could hold.
Footprint footprint_of(const PlannedModel& model, const RunSetup& setup);

// The longest context of each slot that fits `limit`, in whole 256 tokens up to the model's own;
// 0: not even 256 do.
int64_t longest_context(const PlannedModel& model, const RunSetup& setup, int64_t limit);

}  // namespace ridge::planner
