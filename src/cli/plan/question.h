// What `ridge plan` is asked, as typed, and what it stands for: the model from a file, the
// catalogue or remote headers; the machines; this one where none is named. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "planner/plan.h"

namespace ridge::cli {

class OptionSet;

struct PlanArguments {
  std::string model;
  std::vector<std::string> machines;  // lists, comma-separated; empty: this machine
  std::vector<std::string> quants;    // likewise; empty: Q4_K_M
  std::string engine;                 // empty: llama.cpp, or ridge on this machine
  int64_t context = 8192;
  int64_t n_slots = 1;
  std::string kv_type = "f16";
  std::string own_entries;  // a JSON file of a user's models and machines
};
void declare_plan_arguments(OptionSet& set, PlanArguments& arguments);

planner::Catalogues catalogues_for(const PlanArguments& arguments, const Context& context);

struct AskedModel {
  planner::PlannedModel model;
  const planner::CatalogueEntry* entry = nullptr;  // of the catalogues; null: it is a file
};
// One for each quantization asked for. Throws Error{kInvalidArgument, kNotFound} that names what
// comes near.
std::vector<AskedModel> asked_models(const PlanArguments& arguments,
                                     const planner::Catalogues& catalogues, Context& context);

// One for each machine; what they share is taken from the arguments.
std::vector<planner::PlanQuestion> asked_machines(const PlanArguments& arguments,
                                                  const planner::Catalogues& catalogues,
                                                  const Context& context);

std::vector<std::string> comma_separated(std::string_view option,
                                         const std::vector<std::string>& lists);
std::string today();  // UTC, "2026-11-22"

}  // namespace ridge::cli
