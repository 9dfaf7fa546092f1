// Session: one sequence on a loaded model, the tokens in its cache, and the scratch to extend it.
// The actions (prefill, decode) work on it. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "engine/host_logits.h"
#include "kv/pool.h"
#include "model/step.h"
#include "model/transformer.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge {

class Session {
 public:
  Session(const Transformer& model, Backend& backend, const KvOptions& options);
  // Those that it makes its cache with.
  static KvOptions pool_options(KvOptions options) {
    options.n_checkpoints = 1;
    return options;
  }

  std::span<const text::Token> tokens() const { return tokens_; }  // in the cache
  int64_t capacity() const { return capacity_; }                   // tokens it may hold
  int64_t max_batch() const { return workspace_.max_rows(); }
  int64_t kv_bytes() const { return kv_.n_bytes(); }
  // Bytes of KV that a token reads which sees n_tokens, itself included.
  int64_t kv_bytes_read(int64_t n_tokens) const;

  // Whether the model has recurrent states, which keep_prefix() can only bring back to what
  // checkpoint() kept last.
  bool has_states() const { return kv_.has_states(); }
  void checkpoint() { sequence_.checkpoint(); }

  // Keeps the longest cached prefix of `prompt` that leaves at least one token to read, and returns
  // its length.
  int64_t keep_prefix(std::span<const text::Token> prompt);

  void clear() { keep_prefix({}); }

  // From here on what append() takes is on trial, up to options.n_trial tokens, until keep() ends
  // it: the first n of them stay, the cache is as if the others had never been there. There are
  // tokens in the cache; checkpoint() has to wait, and keep_prefix() forgets them all.
  void begin_trial();
  void keep(int64_t n);
  bool is_on_trial() const { return trial_begin_ >= 0; }
  // Tokens in the cache that are on none.
  int64_t n_settled() const { return is_on_trial() ? trial_begin_ : int64_t(tokens_.size()); }

  // Appends up to max_batch tokens to the cache; returns their normed hidden states [n, d_model].
  Tensor append(std::span<const text::Token> tokens, Observer* observer = nullptr);

  // Logits of up to kLogitRows rows of hidden states, on the host: [n, n_vocab]; valid until the
  // next call; the caller may change them.
  static constexpr int64_t kLogitRows = 16;
  std::span<float> logits(const Tensor& hidden) { return logits_.of(hidden); }

 private:
  const Transformer& model_;
  KvPool kv_;
  KvSequence sequence_;
  Workspace workspace_;
  HostLogits logits_;
  int64_t capacity_;
  std::vector<KvKindBytes> kv_kinds_;
  std::vector<text::Token> tokens_;
  int64_t trial_begin_ = -1;
};

}  // namespace ridge
