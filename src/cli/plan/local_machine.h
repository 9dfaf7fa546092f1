// This machine as the planner knows it: from what `ridge calibrate` kept, else from what the system
// tells. One thread.
#pragma once

#include <filesystem>
#include <optional>

#include "cli/context.h"
#include "planner/hardware.h"
#include "planner/local.h"

namespace ridge::cli {

std::filesystem::path local_speed_file(const Context& context);
// What was kept for this very machine; nothing: it was not calibrated. Throws
// Error{kInvalidArgument} for a file that is damaged.
std::optional<planner::LocalSpeed> local_speed(const Context& context);

planner::Machine this_machine(const Context& context);

}  // namespace ridge::cli
