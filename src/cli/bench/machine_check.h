// Looks at the machine before anything is measured, and keeps a second benchmark away.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/exclusive.h"
#include "bench/machine/conditions.h"
#include "cli/context.h"

namespace ridge::cli {

// One sentence for each thing that would spoil the figures, also written to standard error.
std::vector<std::string> check_machine(const Needs& needs, Context& context);

// Throws Error{kDevice} when another `ridge bench` of this user measures now.
ExclusiveRun measure_alone(const Context& context);

}  // namespace ridge::cli
