// What would have to be given up for a model to fit: the cheapest set of changes to quantization,
// cache type, context and slots. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/plan.h"
#include "planner/prices.h"

namespace ridge::planner {

struct Change {
  std::string what;   // "KV cache in q8_0 instead of f16"
  std::string price;  // "next to none", "perplexity +4.8 % over F16 instead of +1.2 %"
};

struct Changes {
  std::vector<Change> made;
  PlannedModel model;
  PlanQuestion question;
};

// The cost that is least: points of perplexity (in percent, as Llama-3-70B loses it), one for each
// halving of context or slots, and a tenth for a cache in q8_0. Quantizations at or below that of
// the model are tried; entry null: the file is what it is. Nothing: no set of them fits.
std::optional<Changes> cheapest_changes(const Quality& quality, const PlannedModel& model,
                                        const CatalogueEntry* entry, const PlanQuestion& question);

}  // namespace ridge::planner
