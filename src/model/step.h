// What every block needs during one forward pass. Workspace holds the intermediate results and is
// sized once, so that a steady step allocates nothing; Step is the pass itself. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "backend/backend.h"
#include "kv/pool.h"
#include "model/observer.h"
#include "spec/spec.h"

namespace ridge {

// Rows [first_row, first_row + n_rows) continue this sequence; the rows are reserved in it.
struct BatchSequence {
  const KvSequence* sequence = nullptr;
  int first_row = 0;
  int n_rows = 0;
};

struct Batch {
  std::span<const int32_t> tokens;  // [n]
  std::span<const BatchSequence> sequences;
  // How many tokens of the one sequence were put on trial before these; -1: these are on none. What
  // recurrent layers read of tokens on trial stays in the workspace, for Transformer::replay().
  int64_t trial_row = -1;
};

// What a recurrent layer reads of each token, before its states come in.
struct RecurrentRows {
  Tensor inputs;  // [n, n_channels], of its convolution
  Tensor gates;   // [n, 2 · n_v_heads] of a delta net; else empty
};

class Workspace {
 public:
  // max_rows: most tokens of a forward pass. n_trial: most on trial at once.
  Workspace(Backend& backend, const ModelSpec& spec, int64_t max_rows, int64_t n_trial = 0);

  // What it allocates.
  static int64_t memory_of(const ModelSpec& spec, int64_t max_rows, int64_t n_trial = 0);

  int64_t max_rows() const { return max_rows_; }
  // The first n rows, [n, …]. Blocks may write any but hidden.
  Tensor hidden(int64_t n) const { return slice_rows(hidden_, 0, n); }
  Tensor normed(int64_t n) const { return slice_rows(normed_, 0, n); }
  Tensor block_out(int64_t n) const { return slice_rows(block_out_, 0, n); }
  Tensor branch(int64_t n) const { return slice_rows(branch_, 0, n); }
  Tensor branch_out(int64_t n) const { return slice_rows(branch_out_, 0, n); }
  Tensor q(int64_t n, int64_t width) const { return shaped(q_, n, width); }
  Tensor k(int64_t n, int64_t width) const { return shaped(k_, n, width); }
  Tensor v(int64_t n, int64_t width) const { return shaped(v_, n, width); }
  Tensor gates(int64_t n, int64_t width) const { return shaped(gates_, n, width); }
  Tensor mixed(int64_t n, int64_t width) const { return shaped(mixed_, n, width); }
  // Of all layers, [n, n_layers * width]; `work` is as large.
  Tensor token_inputs(int64_t n) const { return slice_rows(token_inputs_, 0, n); }
  Tensor token_inputs_work(int64_t n) const { return slice_rows(token_inputs_work_, 0, n); }
  Tensor ffn(int64_t n, int64_t width) const { return shaped(ffn_, n, width); }
  Tensor router(int64_t n, int64_t n_experts) const { return shaped(router_, n, n_experts); }
  // Rows [first, first + n) of the tokens on trial, as a layer read them.
  RecurrentRows trial_rows(int layer, int64_t first, int64_t n) const;
  Routing routing(int64_t n, int64_t top_k) const {
    return {.weights = shaped(route_weights_, n, top_k), .experts = route_experts_.get()};
  }

 private:
  friend class Step;
  struct Part {
    BufferPtr Workspace::* buffer;
    int64_t n_values;  // of 4 bytes each; 0: this model needs none
  };
  static std::vector<Part> parts(const ModelSpec& spec, int64_t max_rows, int64_t n_trial);
  void lay_out_trial(const ModelSpec& spec, int64_t n_trial);
  static Tensor shaped(const BufferPtr& buffer, int64_t n, int64_t width) {
    return make_tensor(DType::kF32, {n, width}, *buffer, 0);
  }

  int64_t max_rows_;
  BufferPtr stream_, q_, k_, v_, mixed_, ffn_;
  BufferPtr gates_;                                   // of models with delta nets
  BufferPtr router_, route_weights_, route_experts_;  // of models with experts
  BufferPtr branches_;                                // of feed-forwards side by side
  BufferPtr trial_;                                   // of models with recurrent layers
  std::vector<RecurrentRows> trial_rows_;             // [n_layers], all rows
  BufferPtr inputs_;                                  // of tokens with inputs to every layer
  Tensor token_inputs_, token_inputs_work_;
  Tensor hidden_, normed_, block_out_, branch_, branch_out_;
  std::vector<int32_t> positions_;
  std::vector<float> temperatures_;
  std::vector<SequenceRows> rows_;
};

class Step {
 public:
  Step(Backend& backend, const KvPool& kv, Workspace& workspace, const Batch& batch,
       Observer* observer);

  int64_t n_rows() const { return int64_t(batch_.tokens.size()); }
  std::span<const int32_t> positions() const { return workspace_.positions_; }
  KvView cache(int layer) const { return kv_.view(layer); }
  RecurrentView states(int layer) const { return kv_.states(layer); }
  // Where a recurrent layer puts what it reads of these rows; gates_width 0: it has no gates.
  RecurrentRows recurrent_rows(int layer, int64_t width, int64_t gates_width) const;
  std::span<const SequenceRows> sequences(int layer);
  // Positions that a sequence of this cache may have.
  int64_t context() const { return kv_.options().n_tokens / kv_.options().n_sequences; }
  // What each row's Q is multiplied by; valid until the next call.
  std::span<const float> temperatures(const TemperatureSpec& spec);
  Workspace& workspace() { return workspace_; }
  void tap(int layer, std::string_view step, const Tensor& value) const {
    if (observer_ != nullptr) observer_->see(layer, step, value);
  }

  Backend& backend;

 private:
  const KvPool& kv_;
  Workspace& workspace_;
  const Batch& batch_;
  Observer* observer_;
};

}  // namespace ridge
