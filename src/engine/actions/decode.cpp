#include "engine/actions/decode.h"

namespace ridge {

std::span<float> decode(Session& session, text::Token token) {
  return session.logits(session.append(std::span(&token, 1)));
}

}  // namespace ridge
