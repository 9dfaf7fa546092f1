// Decode: one token in, the next one's logits out. Allocates nothing.
#pragma once

#include <span>

#include "engine/session.h"

namespace ridge {

// [n_vocab], valid until the session's next step.
std::span<float> decode(Session& session, text::Token token);

}  // namespace ridge
