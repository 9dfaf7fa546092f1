#include "engine/columns.h"

#include <algorithm>

#include "base/check.h"

namespace ridge {

Columns::Columns(const Transformer& model, Backend& backend, const KvOptions& options)
    : model_(model),
      kv_(backend, model.spec(), options),
      workspace_(backend, model.spec(), std::max(options.max_batch, options.n_sequences)),
      logits_(model, backend, options.n_sequences) {
  for (int64_t i = 0; i < options.n_sequences; ++i) sequences_.push_back(kv_.create());
  tokens_.reserve(size_t(workspace_.max_rows()));
  rows_.reserve(sequences_.size());
  one_each_.reserve(sequences_.size());
}

void Columns::clear() {
  for (KvSequence& sequence : sequences_) sequence.truncate(0);
}

int64_t Columns::truncate(int column, int64_t length) {
  return sequences_.at(size_t(column)).truncate(length);
}

Tensor Columns::append(std::span<const ColumnPart> parts) {
  tokens_.clear();
  rows_.clear();
  for (const ColumnPart& part : parts) {
    KvSequence& sequence = sequences_.at(size_t(part.column));
    rows_.push_back({.sequence = &sequence,
                     .first_row = int(tokens_.size()),
                     .n_rows = int(part.tokens.size())});
    tokens_.insert(tokens_.end(), part.tokens.begin(), part.tokens.end());
  }
  RIDGE_CHECK(int64_t(tokens_.size()) <= max_rows());
  for (const ColumnPart& part : parts) {
    sequences_[size_t(part.column)].reserve(int64_t(part.tokens.size()));
  }
  const Tensor hidden =
      model_.forward({.tokens = tokens_, .sequences = rows_}, kv_, workspace_, nullptr);
  for (const ColumnPart& part : parts) {
    sequences_[size_t(part.column)].commit(int64_t(part.tokens.size()));
  }
  return hidden;
}

std::span<const float> Columns::step(std::span<const text::Token> tokens) {
  RIDGE_CHECK(!tokens.empty() && tokens.size() <= sequences_.size());
  one_each_.clear();
  for (size_t i = 0; i < tokens.size(); ++i) one_each_.push_back({int(i), tokens.subspan(i, 1)});
  return logits(append(one_each_));
}

}  // namespace ridge
