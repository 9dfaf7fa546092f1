// A GGUF file on a server, of which only the header is read: by range requests, some megabytes.
#pragma once

#include <string>

#include "cli/context.h"
#include "planner/plan.h"

namespace ridge::cli {

// Throws Error{kNotFound, kNetwork} and what gguf::File::open throws.
planner::PlannedModel remote_model(const std::string& url, Context& context);

}  // namespace ridge::cli
