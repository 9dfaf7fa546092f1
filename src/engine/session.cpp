#include "engine/session.h"

#include <algorithm>

#include "base/check.h"

namespace ridge {

Session::Session(const Transformer& model, Backend& backend, const KvOptions& options)
    : model_(model),
      backend_(backend),
      kv_(backend, model.spec(), options),
      sequence_(kv_.create()),
      workspace_(backend, model.spec(), options.max_batch),
      capacity_(options.n_tokens),
      kv_kinds_(ridge::kv_bytes(model.spec(), options.k_dtype, options.v_dtype)) {
  const size_t n_logits = size_t(kLogitRows * model.spec().n_vocab);
  logits_buffer_ = backend.alloc(n_logits * sizeof(float));
  logits_.resize(n_logits);
  tokens_.reserve(size_t(capacity_));
}

int64_t Session::kv_bytes_read(int64_t n_tokens) const {
  int64_t total = 0;
  for (const KvKindBytes& kind : kv_kinds_) {
    const int64_t limit = kind.tokens_per_sequence;
    const int64_t kept = limit ? std::min(n_tokens, limit) : n_tokens;
    total += kept * kind.bytes_per_token;
  }
  return total;
}

int64_t Session::keep_prefix(std::span<const text::Token> prompt) {
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
  const Tensor hidden =
      model_.forward({.tokens = tokens, .sequences = rows}, kv_, workspace_, observer);
  sequence_.commit(n);
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  return hidden;
}

std::span<float> Session::logits(const Tensor& hidden) {
  const int64_t n = hidden.rows();
  const int64_t n_vocab = model_.spec().n_vocab;
  RIDGE_CHECK(n <= kLogitRows);
  const Tensor out = make_tensor(DType::kF32, {n, n_vocab}, *logits_buffer_, 0);
  model_.head(hidden, out);
  const std::span<float> host(logits_.data(), size_t(n * n_vocab));
  backend_.download(out, std::as_writable_bytes(host));
  return host;
}

}  // namespace ridge
