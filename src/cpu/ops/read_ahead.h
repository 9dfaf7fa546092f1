// Asks the system for the experts that a router chose, where they are in a mapped file.
#pragma once

#include <span>

#include "backend/backend.h"

namespace ridge::cpu {

void read_ahead(const Routing& routing, std::span<const Weight* const> weights);

}  // namespace ridge::cpu
