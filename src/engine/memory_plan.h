// What a model takes of memory, known before any of it is allocated, and where its weights go when
// that is more than there is.
#pragma once

#include <cstdint>

#include "backend/backend.h"
#include "base/memory_limit.h"
#include "gguf/file.h"
#include "kv/pool.h"
#include "model/weights.h"
#include "spec/spec.h"

namespace ridge {

// Bytes.
struct MemoryNeeds {
  int64_t experts = 0;        // that routers choose from, as they would lie in memory
  int64_t other_weights = 0;  // likewise
  int64_t kv = 0;
  int64_t compute = 0;  // intermediate results, logits, and what the program itself needs

  int64_t total() const { return experts + other_weights + kv + compute; }
  MemoryNeeds& operator+=(const MemoryNeeds& other);
};

// Throws Error{kInvalidArgument} for a cache that no memory could hold. n_logit_rows: of logits
// that are wanted at a time; 0: as many as a session takes.
MemoryNeeds memory_needs(const ModelSpec& spec, const gguf::File& file, Backend& backend,
                         const KvOptions& cache, int64_t n_logit_rows = 0);
// Of its weights, cache and intermediate results alone, where something else runs beside it.
MemoryNeeds stack_needs(const ModelSpec& spec, const gguf::File& file, Backend& backend,
                        const KvOptions& cache);

enum class Paging {
  kRefused,  // all must fit
  kAllowed,  // what does not fit stays in the file
};

struct MemoryPlan {
  WeightPlacement placement = WeightPlacement::kMemory;
  MemoryNeeds needs;
  MemoryLimit limit;
  // Of weights that stay in the file.
  int64_t paged_bytes() const;
};

// Throws Error{kOutOfMemory} with the figures and the ways out: when not all fits and paging is
// refused; when not even the cache fits.
MemoryPlan plan_memory(const MemoryNeeds& needs, const MemoryLimit& limit, Paging paging);

}  // namespace ridge
