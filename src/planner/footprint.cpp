#include "planner/footprint.h"

#include <numeric>

#include "model/step.h"

namespace ridge::planner {
namespace {

constexpr int64_t kContextStep = 256;

bool is_state(const KvKindMemory& kind) {
  return kind.kind == "recurrent";
}

}  // namespace

int64_t Footprint::cache() const {
  int64_t total = 0;
  for (const KvKindMemory& kind : kv) total += kind.n_bytes;
  return total;
}

Footprint footprint_of(const PlannedModel& model, const RunSetup& setup) {
  Footprint footprint{
      .weights = std::accumulate(model.tensor_bytes.begin(), model.tensor_bytes.end(), int64_t{0}),
      .reserve = setup.reserve};
  const KvOptions options{.k_dtype = setup.k_dtype,
                          .v_dtype = setup.v_dtype,
                          .n_tokens = setup.context * setup.n_slots,
                          .n_sequences = setup.n_slots,
                          .max_batch = setup.batch,
                          .n_checkpoints = 1};
  for (KvKindMemory& kind : kv_memory(model.spec, options)) {
    if (is_state(kind)) {
      footprint.state += kind.n_bytes;
    } else {
      footprint.kv.push_back(std::move(kind));
    }
  }
  const int64_t logits = setup.logit_rows * model.spec.n_vocab * int64_t(sizeof(float));
  footprint.compute = Workspace::memory_of(model.spec, setup.batch) + logits;
  return footprint;
}

int64_t longest_context(const PlannedModel& model, const RunSetup& setup, int64_t limit) {
  const auto fits = [&](int64_t steps) {
    RunSetup tried = setup;
    tried.context = steps * kContextStep;
    return footprint_of(model, tried).total() <= limit;
  };
  int64_t low = 0;
  int64_t high = std::max<int64_t>(1, model.spec.context_length / kContextStep);
  if (fits(high)) return high * kContextStep;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low * kContextStep;
}

}  // namespace ridge::planner
