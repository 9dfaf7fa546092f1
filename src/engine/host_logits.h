// HostLogits: the last matrix of a model and the way of its result to the host. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "model/transformer.h"

namespace ridge {

class HostLogits {
 public:
  // For up to max_rows rows at a time. Throws Error{kOutOfMemory}.
  HostLogits(const Transformer& model, Backend& backend, int64_t max_rows);

  // Logits [n, n_vocab] of hidden states [n, d_model]; valid until the next call; the caller may
  // change them. Allocates nothing.
  std::span<float> of(const Tensor& hidden);

 private:
  const Transformer& model_;
  Backend& backend_;
  int64_t max_rows_;
  BufferPtr buffer_;
  std::vector<float> values_;
};

}  // namespace ridge
