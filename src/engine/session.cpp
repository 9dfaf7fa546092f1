#include "engine/session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/trial.h"

namespace ridge {

Session::Session(const Transformer& model, Backend& backend, const KvOptions& options)
    : model_(model),
      kv_(backend, model.spec(), pool_options(options)),
      sequence_(kv_.create()),
      workspace_(backend, model.spec(), options.max_batch, options.n_trial),
      logits_(model, backend, kLogitRows),
      capacity_(options.n_tokens),
      kv_kinds_(ridge::kv_bytes(model.spec(), options.k_dtype, options.v_dtype)) {
  tokens_.reserve(size_t(capacity_));
}

int64_t Session::kv_bytes_read(int64_t n_tokens) const {
  int64_t total = 0;
  for (const KvKindBytes& kind : kv_kinds_) total += kind.bytes_read(n_tokens);
  return total;
}

int64_t Session::keep_prefix(std::span<const text::Token> prompt) {
  if (is_on_trial()) keep(0);  // an error cut it short
  const auto differ = std::ranges::mismatch(tokens_, prompt);
  int64_t shared = differ.in1 - tokens_.begin();
  shared = std::max<int64_t>(0, std::min(shared, int64_t(prompt.size()) - 1));
  const int64_t kept = sequence_.truncate(shared);
  tokens_.resize(size_t(kept));
  return kept;
}

Tensor Session::append(std::span<const text::Token> tokens, Observer* observer) {
  const auto n = int64_t(tokens.size());
  sequence_.reserve(n);
  const BatchSequence rows[] = {{.sequence = &sequence_, .first_row = 0, .n_rows = int(n)}};
  const int64_t trial_row = is_on_trial() ? int64_t(tokens_.size()) - trial_begin_ : -1;
  const Tensor hidden = model_.forward(
      {.tokens = tokens, .sequences = rows, .trial_row = trial_row}, kv_, workspace_, observer);
  sequence_.commit(n);
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  return hidden;
}

void Session::begin_trial() {
  sequence_.begin_trial();
  trial_begin_ = int64_t(tokens_.size());
}

void Session::keep(int64_t n) {
  const int64_t begin = std::exchange(trial_begin_, -1);
  const int64_t n_tried = int64_t(tokens_.size()) - begin;
  RIDGE_CHECK(begin >= 0);
  const auto tried = std::span(tokens_).last(size_t(n_tried));
  end_trial(model_, kv_, workspace_, sequence_, tried, n);
  tokens_.resize(size_t(begin + n));
}

}  // namespace ridge
