// PredictionDrafter: the model's own prediction layer as drafter (`--speculate mtp`). It reads
// along with the model, one token behind: entry i of the layer's cache is token i + 1 with the
// model's state of token i. A draft goes on from the model's last state, and then from the layer's
// own ones. What the model read last waits, so that most of the time it is read in the pass that
// begins the next draft. One thread.
#pragma once

#include <string_view>
#include <vector>

#include "engine/drafter.h"
#include "engine/memory_plan.h"
#include "model/predictor.h"

namespace ridge {

class PredictionDrafter final : public Drafter {
 public:
  // options: of the model's cache. The model has a prediction and outlives this. Throws Error.
  PredictionDrafter(const gguf::File& file, const Transformer& model, Backend& backend,
                    const KvOptions& options, WeightPlacement placement = WeightPlacement::kMemory);
  // What that would allocate.
  static MemoryNeeds memory_needs(const ModelSpec& spec, const gguf::File& file, Backend& backend,
                                  const KvOptions& options);

  std::string_view name() const override { return "prediction layer"; }
  void observe(int64_t first_pos, std::span<const text::Token> tokens,
               const Tensor& hidden) override;
  std::span<const text::Token> propose(const DraftRequest& request) override;
  int64_t step_bytes() const override { return step_bytes_; }
  int64_t memory_bytes() const override { return predictor_.weight_bytes() + kv_.n_bytes(); }

 private:
  Tensor states(int64_t first_row, int64_t n) const;
  int64_t n_waiting() const { return int64_t(tokens_.size()) - sequence_.n_tokens(); }
  void keep(int64_t n_entries);
  // Adds entries for these tokens and the first rows of states; returns the layer's own states.
  Tensor read(std::span<const text::Token> tokens);
  Tensor read_waiting();
  text::Token choose(const Tensor& state, Sampler& sampler);

  Backend& backend_;
  Predictor predictor_;
  int64_t d_model_;
  int64_t step_bytes_;
  KvPool kv_;
  KvSequence sequence_;
  Workspace workspace_;
  std::vector<text::Token> tokens_;  // of the entries, in the cache or waiting
  BufferPtr states_;                 // [n, d_model], of those that wait, then of the last token
  BufferPtr joined_;                 // [n, 2 * d_model]
  BufferPtr logits_;                 // [n_vocab]
  std::vector<float> host_logits_;
  std::vector<int32_t> row_numbers_;  // 0, 1, …
  std::vector<text::Token> draft_;
};

}  // namespace ridge
