#include "engine/memory_plan.h"

#include <cstdio>
#include <string>

#include "base/check.h"
#include "base/error.h"
#include "engine/session.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

// Vocabulary, threads, quantised activations, attention's tiles: well above what they take with the
// largest models that are known.
constexpr int64_t kProgramBytes = int64_t{128} << 20;

std::string gigabytes(int64_t n_bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f GB", double(n_bytes) / 1e9);
  return text;
}

std::string parts_of(const MemoryNeeds& needs) {
  return cat(gigabytes(needs.experts + needs.other_weights), " of weights, ", gigabytes(needs.kv),
             " of KV cache, ", gigabytes(needs.compute), " to compute");
}

[[noreturn]] void refuse(const MemoryNeeds& needs, const MemoryLimit& limit, Paging paging) {
  const bool weights_may_page = paging == Paging::kRefused;
  const MemoryNeeds kept =
      weights_may_page ? needs : MemoryNeeds{.kv = needs.kv, .compute = needs.compute};
  fail(ErrorCode::kOutOfMemory, "this model needs ", gigabytes(kept.total()), " of memory (",
       parts_of(kept), ") and ", limit.by, " has ", gigabytes(limit.n_bytes),
       " left for it. Take a shorter context (-c), a cache of half the size (-ctk q8_0 -ctv q8_0)",
       weights_may_page
           ? ", the model in a smaller quantization, or let the system page its weights in and out"
             " of the file, which is slow (--allow-paging)."
           : " or a smaller batch (-b): the cache cannot be paged.");
}

}  // namespace

MemoryNeeds& MemoryNeeds::operator+=(const MemoryNeeds& other) {
  experts += other.experts;
  other_weights += other.other_weights;
  kv += other.kv;
  compute += other.compute;
  return *this;
}

MemoryNeeds stack_needs(const ModelSpec& spec, const gguf::File& file, Backend& backend,
                        const KvOptions& cache) {
  MemoryNeeds needs{.kv = KvPool::memory_of(backend, spec, cache),
                    .compute = Workspace::memory_of(spec, cache.max_batch, cache.n_trial)};
  for (const TensorUse& use : tensor_uses(spec)) {
    const gguf::TensorInfo* tensor = file.find(use.name);
    RIDGE_CHECK(tensor != nullptr);
    const auto bytes = int64_t(backend.memory_of({.name = use.name,
                                                  .dtype = tensor->dtype,
                                                  .n_out = use.n_out,
                                                  .n_in = use.n_in,
                                                  .n_matrices = use.n_matrices}));
    (use.role == TensorRole::kExperts ? needs.experts : needs.other_weights) += bytes;
  }
  return needs;
}

MemoryNeeds memory_needs(const ModelSpec& spec, const gguf::File& file, Backend& backend,
                         const KvOptions& cache, int64_t n_logit_rows) {
  if (n_logit_rows == 0) n_logit_rows = Session::kLogitRows;
  MemoryNeeds needs = stack_needs(spec, file, backend, cache);
  const int64_t logits = 2 * n_logit_rows * spec.n_vocab * int64_t(sizeof(float));
  needs.compute += logits + kProgramBytes;
  return needs;
}

int64_t MemoryPlan::paged_bytes() const {
  switch (placement) {
    case WeightPlacement::kMemory:
      return 0;
    case WeightPlacement::kMappedExperts:
      return needs.experts;
    case WeightPlacement::kMapped:
      return needs.experts + needs.other_weights;
  }
  return 0;
}

MemoryPlan plan_memory(const MemoryNeeds& needs, const MemoryLimit& limit, Paging paging) {
  MemoryPlan plan{.needs = needs, .limit = limit};
  const auto left = [&] { return limit.n_bytes - (needs.total() - plan.paged_bytes()); };
  if (left() >= 0) return plan;
  if (paging == Paging::kRefused) refuse(needs, limit, paging);
  if (needs.experts > 0) {
    plan.placement = WeightPlacement::kMappedExperts;
    if (left() >= 0) return plan;
  }
  plan.placement = WeightPlacement::kMapped;
  if (left() < 0) refuse(needs, limit, paging);
  return plan;
}

}  // namespace ridge
