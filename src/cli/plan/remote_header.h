// A GGUF model on a server, of which only the headers are read: by range requests, some megabytes.
#pragma once

#include "cli/context.h"
#include "cli/hub_model.h"
#include "planner/plan.h"

namespace ridge::cli {

// Throws Error{kNotFound, kNetwork} and what gguf::File::open throws.
planner::PlannedModel remote_model(const HubModel& remote, const Context& context);

}  // namespace ridge::cli
