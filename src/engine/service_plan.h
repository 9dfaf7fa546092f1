// How much memory a service takes for its cache, and what each request may have of it: decided from
// what there is, before anything is allocated. Internal to engine/.
#pragma once

#include <cstdint>
#include <string>

#include "backend/backend.h"
#include "engine/memory_plan.h"
#include "engine/service.h"
#include "gguf/file.h"
#include "kv/pool.h"
#include "spec/spec.h"

namespace ridge {

struct ServicePlan {
  int64_t context = 0;         // tokens of a request
  std::string context_reason;  // why that many
  KvOptions cache;
  MemoryPlan memory;
};

// Tokens that are guessed at once for each request; 0: nobody guesses.
int64_t most_drafted(const ServiceOptions& options);

// Of a drafter with a cache of its own, which serves one request at a time.
KvOptions drafter_cache(const ServicePlan& plan);

// Throws Error{kOutOfMemory} where not even one request of the context that was asked for (or, when
// none was, of 4096 tokens) fits; kInvalidArgument for impossible options.
ServicePlan plan_service(const ModelSpec& spec, const gguf::File& file, Backend& backend,
                         const ServiceOptions& options);

}  // namespace ridge
