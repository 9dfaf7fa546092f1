#include "engine/service_plan.h"

#include <algorithm>

#include "base/error.h"
#include "engine/checks.h"
#include "engine/prediction_drafter.h"

namespace ridge {
namespace {

constexpr int64_t kMostContext = 32768;  // that nobody asked for
constexpr int64_t kLeastContext = 4096;  // likewise
constexpr double kShareOfRest = 0.5;     // of memory that is left, for what is remembered
constexpr int64_t kMostMoments = 256;
constexpr double kMomentShare = 0.25;  // of the cache's bytes

struct CacheCost {
  int64_t token = 0;   // bytes a token in layers that keep all
  int64_t moment = 0;  // bytes of what the others hold of a sequence
};

CacheCost cost_of(const ModelSpec& spec, const EngineOptions& options) {
  CacheCost cost;
  for (const KvKindBytes& kind : kv_bytes(spec, options.k_dtype, options.v_dtype)) {
    const bool keeps_all = kind.tokens_per_sequence == 0;
    if (keeps_all) cost.token += kind.bytes_per_token;
    cost.moment += kind.bytes_per_sequence;
    if (!keeps_all) cost.moment += kind.bytes_per_token * kind.tokens_per_sequence;
  }
  return cost;
}

void check_options(const ServiceOptions& options, const ModelSpec& spec) {
  check_speculation(options.engine.speculation, spec);
  const auto check = [](std::string_view what, int64_t value, int64_t least) {
    if (value < least) {
      fail(ErrorCode::kInvalidArgument, what, " is ", value, ", expected at least ", least);
    }
  };
  check("the number of requests at once", options.n_running, 1);
  check("the number of waiting requests", options.n_waiting, 0);
  check("the batch", options.engine.batch, 1);
  check("the context", options.engine.context, 0);
  check("the memory for cached prefixes", options.cache_ram_bytes, 0);
  check("the disk space for cached prefixes", options.cache_disk_bytes, 0);
}

KvOptions cache_of(const ServiceOptions& options, const CacheCost& cost, int64_t n_tokens,
                   int64_t cache_bytes) {
  const EngineOptions& engine = options.engine;
  const int64_t n_drafted = most_drafted(options);
  const int64_t n_rows = options.n_running * (1 + n_drafted);
  int64_t n_moments = 0;
  if (cost.moment > 0) {
    const auto affordable = int64_t(kMomentShare * double(cache_bytes)) / cost.moment;
    n_moments = std::clamp(affordable, 2 * options.n_running, kMostMoments);
  }
  return {.k_dtype = engine.k_dtype,
          .v_dtype = engine.v_dtype,
          .n_tokens = n_tokens,
          .n_sequences = options.n_running,
          .max_batch = std::max(engine.batch, n_rows),
          .n_trial = n_drafted > 0 ? n_drafted + 1 : 0,
          .n_moments = n_moments};
}

}  // namespace

int64_t most_drafted(const ServiceOptions& options) {
  const SpeculationOptions& wanted = options.engine.speculation;
  const bool somebody_guesses = wanted.ngrams || wanted.drafter != nullptr ||
                                wanted.prediction_layer || !wanted.draft_model.empty();
  return somebody_guesses ? wanted.most : 0;
}

KvOptions drafter_cache(const ServicePlan& plan) {
  KvOptions cache = plan.cache;
  cache.n_tokens = plan.context;
  cache.n_sequences = 1;
  cache.n_moments = 0;
  return cache;
}

ServicePlan plan_service(const ModelSpec& spec, const gguf::File& file, Backend& backend,
                         const ServiceOptions& options) {
  check_options(options, spec);
  const EngineOptions& engine = options.engine;
  const MemoryLimit limit = engine.memory.value_or(memory_limit());
  const CacheCost cost = cost_of(spec, engine);
  ServicePlan plan;
  plan.context = engine.context > 0 ? engine.context : std::min(spec.context_length, kMostContext);
  plan.context_reason = engine.context > 0                   ? "asked for"
                        : spec.context_length > kMostContext ? "taken where nobody asks for more"
                                                             : "all that the model was made for";
  const auto needs = [&](int64_t n_tokens, int64_t cache_bytes) {
    plan.cache = cache_of(options, cost, n_tokens, cache_bytes);
    MemoryNeeds all = memory_needs(spec, file, backend, plan.cache,
                                   options.n_running * (1 + most_drafted(options)));
    if (engine.speculation.prediction_layer) {
      all += PredictionDrafter::memory_needs(spec, file, backend, drafter_cache(plan));
    }
    return all;
  };
  const auto one_request = [&] { return needs(plan.context, cost.token * plan.context); };
  const bool may_shrink = engine.context == 0;
  while (may_shrink && plan.context > kLeastContext && one_request().total() > limit.n_bytes) {
    plan.context = std::max(kLeastContext, plan.context / 2);
    plan.context_reason = "all that memory has room for";
  }
  plan.memory = plan_memory(one_request(), limit, engine.paging);
  if (plan.memory.placement != WeightPlacement::kMemory) return plan;

  const int64_t rest = limit.n_bytes - plan.memory.needs.total();
  int64_t cache_bytes = options.cache_ram_bytes;
  if (cache_bytes == 0) {
    cache_bytes = cost.token * plan.context + int64_t(kShareOfRest * double(rest));
    cache_bytes = std::min(cache_bytes, 2 * options.n_running * cost.token * plan.context);
  }
  const int64_t n_tokens =
      cost.token > 0 ? cache_bytes / cost.token : plan.context * options.n_running;
  plan.memory =
      plan_memory(needs(std::max(plan.context, n_tokens), cache_bytes), limit, engine.paging);
  return plan;
}

}  // namespace ridge
