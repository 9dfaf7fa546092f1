#include "planner/changes.h"

#include <algorithm>
#include <cstdio>

namespace ridge::planner {
namespace {

constexpr double kHalvingCost = 1;
constexpr double kCacheTypeCost = 0.1;
constexpr int64_t kLeastContext = 4096;
constexpr const char* kQuants[] = {"Q8_0",   "Q6_K",    "Q5_K_M", "Q4_K_M",  "IQ4_XS",
                                   "Q3_K_M", "IQ3_XXS", "Q2_K",   "IQ2_XXS", "IQ1_S"};

struct Try {
  const char* quant = nullptr;  // null: as it is
  DType kv = DType::kF16;
  int64_t context = 0;
  int64_t n_slots = 1;
  double cost = 0;
};

std::string percent(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", value);
  return text;
}

struct Halved {
  int64_t value;
  double cost;
};

std::vector<Halved> halvings(int64_t from, int64_t least) {
  std::vector<Halved> values{{from, 0}};
  for (double cost = kHalvingCost; values.back().value / 2 >= least; cost += kHalvingCost) {
    values.push_back({values.back().value / 2, cost});
  }
  return values;
}

struct QuantTry {
  const char* quant;
  double cost;
};

std::vector<QuantTry> quants_below(const Quality& quality, const PlannedModel& model,
                                   const CatalogueEntry* entry) {
  std::vector<QuantTry> tries{{nullptr, 0}};
  if (entry == nullptr) return tries;
  const double now = std::max(0.0, quality.of(model.quant));
  for (const char* quant : kQuants) {
    const double loss = quality.of(quant);
    if (loss > now) tries.push_back({quant, loss - now});
  }
  return tries;
}

// Every combination, cheapest first.
std::vector<Try> all_tries(const Quality& quality, const PlannedModel& model,
                           const CatalogueEntry* entry, const RunSetup& setup) {
  std::vector<Try> tries;
  const bool can_shrink = setup.k_dtype == DType::kF16;
  for (const QuantTry& quant : quants_below(quality, model, entry)) {
    for (const Halved& context : halvings(setup.context, kLeastContext)) {
      for (const Halved& slots : halvings(setup.n_slots, 1)) {
        const double cost = quant.cost + context.cost + slots.cost;
        tries.push_back({quant.quant, setup.k_dtype, context.value, slots.value, cost});
        if (!can_shrink) continue;
        tries.push_back(
            {quant.quant, DType::kQ8_0, context.value, slots.value, cost + kCacheTypeCost});
      }
    }
  }
  std::ranges::stable_sort(tries, {}, &Try::cost);
  return tries;
}

std::vector<Change> described(const Try& t, const Quality& quality, const PlannedModel& model,
                              const RunSetup& setup) {
  std::vector<Change> made;
  if (t.quant != nullptr) {
    made.push_back(
        {cat(t.quant, " instead of ", model.quant),
         cat("perplexity +", percent(quality.of(t.quant)), " over F16 instead of +",
             percent(std::max(0.0, quality.of(model.quant))), " (", quality.model, ")")});
  }
  if (t.kv != setup.k_dtype) {
    made.push_back({"a KV cache in q8_0 instead of f16", "next to none in quality"});
  }
  if (t.context != setup.context) {
    made.push_back({cat("a context of ", t.context, " tokens instead of ", setup.context),
                    "what is older is forgotten"});
  }
  if (t.n_slots != setup.n_slots) {
    made.push_back({cat(t.n_slots, " slots instead of ", setup.n_slots), "others wait"});
  }
  return made;
}

}  // namespace

std::optional<Changes> cheapest_changes(const Quality& quality, const PlannedModel& model,
                                        const CatalogueEntry* entry, const PlanQuestion& question) {
  const int64_t limit = limit_of(question).bytes;
  for (const Try& t : all_tries(quality, model, entry, question.setup)) {
    Changes changes{
        .model = t.quant == nullptr ? model : planned_model(*entry, quant_from_name(t.quant)),
        .question = question};
    RunSetup& setup = changes.question.setup;
    setup.k_dtype = setup.v_dtype = t.kv;
    setup.context = t.context;
    setup.n_slots = t.n_slots;
    changes.question.speed.n_streams = std::min(question.speed.n_streams, t.n_slots);
    if (footprint_of(changes.model, setup).total() > limit) continue;
    changes.made = described(t, quality, model, question.setup);
    return changes;
  }
  return std::nullopt;
}

}  // namespace ridge::planner
