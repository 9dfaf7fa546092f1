// Predictor: the layer of a model that predicts the token after next (PredictionSpec), loaded
// beside the model, whose embeddings and output it takes unless it has its own. Immutable after
// loading; calls follow the back end's rule of one thread at a time.
#pragma once

#include <optional>

#include "backend/backend.h"
#include "gguf/file.h"
#include "kv/pool.h"
#include "model/blocks/norm.h"
#include "model/step.h"
#include "model/transformer.h"

namespace ridge {

class Predictor {
 public:
  // The model's spec has a prediction, and the model outlives this. The placement is that of the
  // layer; what joins state and embedding lies in memory. Throws Error.
  Predictor(const gguf::File& file, const Transformer& model, Backend& backend,
            WeightPlacement placement = WeightPlacement::kMemory);

  // The layer as a model of its own: what its cache and its workspace are made for.
  static ModelSpec stack_of(const ModelSpec& spec);
  const ModelSpec& stack() const { return stack_.spec(); }
  int64_t weight_bytes() const { return weight_bytes_; }  // of the file's tensors, its own

  struct Inputs {
    Tensor states;  // [n, d_model], row i: the normed state of the token before batch.tokens[i]
    Tensor joined;  // [n, 2 * d_model], is overwritten
  };
  // Returns its own normed states [n, d_model], in the workspace; the caller has reserved the
  // batch's rows and commits them afterwards.
  Tensor forward(const Batch& batch, const Inputs& inputs, const KvPool& kv,
                 Workspace& workspace) const;

  // logits[n, n_vocab] of its states: what comes after batch.tokens.
  void head(const Tensor& states, const Tensor& logits) const { output_.head(states, logits); }

 private:
  Backend& backend_;
  int64_t weight_bytes_;
  Transformer stack_;
  const Transformer &embedding_, &output_;  // whose it takes: the stack's or the model's
  std::optional<Norm> embedding_norm_, hidden_norm_;
  WeightPtr projection_;
};

}  // namespace ridge
