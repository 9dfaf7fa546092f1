// The commands below `ridge plan`; declared as in commands.h.
#pragma once

#include "cli/commands/commands.h"
#include "cli/options/command_line.h"

namespace ridge::cli {

void add_plan_cluster(OptionSet& plan, Action& chosen);
void add_plan_cost(OptionSet& plan, Action& chosen);
void add_plan_advise(OptionSet& plan, Action& chosen);

}  // namespace ridge::cli
