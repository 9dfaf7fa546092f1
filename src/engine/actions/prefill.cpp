#include "engine/actions/prefill.h"

#include <algorithm>

namespace ridge {

// The last token is read by itself where recurrent states can be kept before it: the same prompt
// asked again, or one that goes on otherwise, then begins there and not at the beginning.
Tensor prefill(Session& session, std::span<const text::Token> prompt,
               const std::atomic<bool>* cancel, Drafter* drafter) {
  Tensor hidden;
  while (!prompt.empty()) {
    if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) return {};
    const bool is_last = prompt.size() == 1;
    if (is_last) session.checkpoint();
    const size_t rest = session.has_states() && !is_last ? prompt.size() - 1 : prompt.size();
    const size_t n = std::min(rest, size_t(session.max_batch()));
    const auto first_pos = int64_t(session.tokens().size());
    hidden = session.append(prompt.first(n));
    if (drafter != nullptr) drafter->observe(first_pos, prompt.first(n), hidden);
    prompt = prompt.subspan(n);
  }
  return slice_rows(hidden, hidden.rows() - 1, 1);
}

}  // namespace ridge
