// Columns: several sequences on a loaded model that take their steps together, so that the weights
// are read once for all of them. Each has a cache of its own in a shared pool. What a column
// computes is the same bits as alone: no verb lets one row depend on another. One thread.
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

// Tokens that continue one column.
struct ColumnPart {
  int column = 0;
  std::span<const text::Token> tokens;
};

class Columns {
 public:
  // options.n_sequences columns; options.n_tokens positions over all of them together. Throws
  // Error{kOutOfMemory, kInvalidArgument}.
  Columns(const Transformer& model, Backend& backend, const KvOptions& options);

  int size() const { return int(sequences_.size()); }
  int64_t n_tokens(int column) const { return sequences_.at(size_t(column)).n_tokens(); }
  int64_t kv_bytes() const { return kv_.n_bytes(); }
  int64_t max_rows() const { return workspace_.max_rows(); }  // of one forward pass
  void clear();                                               // of all columns

  // One forward pass over all parts, which name each column at most once and hold at most
  // max_rows() tokens together. Returns the normed hidden states [n, d_model] in their order.
  Tensor append(std::span<const ColumnPart> parts);

  // Forgets all of a column from position `length` on. Returns the length that survives, which is
  // less (and then 0) where a window has already let go.
  int64_t truncate(int column, int64_t length);

  // One token to each of the first tokens.size() columns. Returns their logits [n, n_vocab] on the
  // host, valid until the next call. Allocates nothing.
  std::span<const float> step(std::span<const text::Token> tokens);

  // Logits [n, n_vocab] of at most size() hidden states, as step() gives them.
  std::span<const float> logits(const Tensor& hidden) { return logits_.of(hidden); }

 private:
  const Transformer& model_;
  KvPool kv_;
  std::vector<KvSequence> sequences_;
  Workspace workspace_;
  HostLogits logits_;
  std::vector<text::Token> tokens_;   // of the pass at hand
  std::vector<BatchSequence> rows_;   // likewise
  std::vector<ColumnPart> one_each_;  // the parts of step()
};

}  // namespace ridge
