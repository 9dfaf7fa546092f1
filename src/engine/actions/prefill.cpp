#include "engine/actions/prefill.h"

#include <algorithm>

namespace ridge {

Tensor prefill(Session& session, std::span<const text::Token> prompt,
               const std::atomic<bool>* cancel) {
  Tensor hidden;
  while (!prompt.empty()) {
    if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) return {};
    const size_t n = std::min(prompt.size(), size_t(session.max_batch()));
    hidden = session.append(prompt.first(n));
    prompt = prompt.subspan(n);
  }
  return slice_rows(hidden, hidden.rows() - 1, 1);
}

}  // namespace ridge
