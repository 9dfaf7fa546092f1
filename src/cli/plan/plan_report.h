// Plans as tables and as JSON. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/changes.h"
#include "planner/metrics.h"
#include "planner/offload.h"
#include "planner/plan.h"

namespace ridge::cli {

// One model on one machine, at depths and with streams.
struct PlanDetail {
  planner::PlannedModel model;
  planner::PlanQuestion question;
  planner::Plan plan;
  struct AtDepth {
    int64_t depth = 0;
    planner::Rate decode, prefill;  // prefill of 512 new tokens
    double first_cold = 0;          // seconds until the first token of a prompt as long
    double first_cached = 0;        // with all of it but 500 tokens cached
  };
  std::vector<AtDepth> depths;
  struct WithStreams {
    int64_t n_streams = 1;
    planner::Rate decode;  // of all together
  };
  std::vector<WithStreams> streams;
  planner::Metrics metrics;
  std::optional<planner::Offload> offload;  // where it does not fit a card
  std::optional<planner::Changes> changes;  // where it does not fit
  double quality_percent = -1;              // perplexity over F16; -1: not known
};
PlanDetail plan_detail(const planner::Catalogues& catalogues, const planner::Quality& quality,
                       const planner::PlannedModel& model, const planner::CatalogueEntry* entry,
                       const planner::PlanQuestion& question);

std::string detail_text(const PlanDetail& detail);
std::string detail_json(const PlanDetail& detail);

// Several machines or quantizations, a row each.
std::string comparison_text(const std::vector<PlanDetail>& details);
std::string comparison_json(const std::vector<PlanDetail>& details);

std::string rate_text(const planner::Rate& rate);  // "60.8 (51.5 to 65.7)"

}  // namespace ridge::cli
