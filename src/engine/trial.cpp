#include "engine/trial.h"

#include "base/check.h"

namespace ridge {

void end_trial(const Transformer& model, KvPool& kv, Workspace& workspace, KvSequence& sequence,
               std::span<const text::Token> tried, int64_t n_kept) {
  RIDGE_CHECK(n_kept >= 0 && n_kept <= int64_t(tried.size()));
  if (n_kept == int64_t(tried.size())) return sequence.accept_trial();
  sequence.take_back_trial();
  if (n_kept == 0) return;
  if (kv.has_states()) {
    const BatchSequence rows[] = {{.sequence = &sequence, .first_row = 0, .n_rows = int(n_kept)}};
    const auto kept = tried.first(size_t(n_kept));
    model.replay({.tokens = kept, .sequences = rows, .trial_row = 0}, kv, workspace);
  }
  sequence.commit(n_kept);
}

}  // namespace ridge
