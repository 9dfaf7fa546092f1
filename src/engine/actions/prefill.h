// Prefill: reads a prompt into the cache, chunk by chunk.
#pragma once

#include <atomic>
#include <span>

#include "engine/drafter.h"
#include "engine/session.h"

namespace ridge {

// Returns the normed hidden state [1, d_model] of the last token, or an empty tensor when *cancel
// (may be null) turned true; what has been read stays in the cache. The drafter (likewise) sees it.
Tensor prefill(Session& session, std::span<const text::Token> prompt,
               const std::atomic<bool>* cancel, Drafter* drafter = nullptr);

}  // namespace ridge
