// A model that a card cannot hold, with the rest of its layers computed from the computer's own
// memory by its processor: possible, and slow. Never planned silently. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "planner/plan.h"

namespace ridge::planner {

struct Offload {
  int64_t host_bytes = 0;  // weights that stay in the computer's memory
  double share = 0;        // of all weights
  Rate decode;             // tokens/s of one stream
};
// Nothing: the machine is no card, or the model fits it.
std::optional<Offload> offload_of(const PlanQuestion& question, const Plan& plan);

}  // namespace ridge::planner
