// What requests and options have to be before they reach a model, the same for one request at a
// time and for a service. Throw Error{kInvalidArgument}. Internal to engine/.
#pragma once

#include <cstdint>
#include <span>

#include "engine/engine.h"
#include "spec/spec.h"

namespace ridge {

// Tokens of this model, at least one, and no more than the context holds.
void check_tokens(std::span<const text::Token> tokens, const ModelSpec& spec, int64_t context);

void check_speculation(const SpeculationOptions& options, const ModelSpec& spec);

}  // namespace ridge
