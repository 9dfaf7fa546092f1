// One question answered: does a model fit a machine, and how fast is it there. Catalogues are read
// once and only read then; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/file.h"
#include "planner/calibration.h"
#include "planner/footprint.h"
#include "planner/hardware.h"
#include "planner/models.h"
#include "planner/quant.h"
#include "planner/speed.h"
#include "planner/work.h"

namespace ridge::planner {

struct Catalogues {
  std::vector<CatalogueEntry> models;
  std::vector<Hardware> hardware;
  Calibration calibration;
};
Catalogues builtin_catalogues();
// A user's entries, which come before those of the same name: {"schema": 1, "models": […],
// "hardware": […]}. Throws Error{kInvalidArgument}.
void add_user_entries(Catalogues& catalogues, std::string_view json);

PlannedModel planned_model(const CatalogueEntry& entry, const Quant& quant);
PlannedModel planned_model(const gguf::File& file, std::string name);

struct PlanQuestion {
  Machine machine;
  std::string engine = "llama.cpp";
  RunSetup setup;
  SpeedQuestion speed;
  std::optional<DeviceLimit> limit;  // in place of the catalogue's rule: of this machine, now
};

// What the model may take of all devices together.
DeviceLimit limit_of(const PlanQuestion& question);

struct Plan {
  Footprint bytes;
  DeviceLimit limit;  // of all devices together
  bool fits = false;
  int64_t longest_context = 0;  // tokens of each slot
  Work work;
  // As if it fitted, where it does not.
  Rate decode, prefill;
  double ceiling = 0;  // tokens/s that decode cannot exceed
  std::string provenance;
};
Plan make_plan(const Catalogues& catalogues, const PlannedModel& model,
               const PlanQuestion& question);

}  // namespace ridge::planner
