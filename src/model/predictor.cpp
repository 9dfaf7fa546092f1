#include "model/predictor.h"

#include "base/check.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

int64_t total_bytes(const std::vector<TensorUse>& uses, const gguf::File& file) {
  int64_t total = 0;
  for (const TensorUse& use : uses) total += int64_t(file.find(use.name)->n_bytes);
  return total;
}

}  // namespace

ModelSpec Predictor::stack_of(const ModelSpec& spec) {
  RIDGE_CHECK(spec.prediction.has_value());
  const PredictionSpec& prediction = *spec.prediction;
  ModelSpec stack = spec;
  stack.prediction.reset();
  stack.embedding = prediction.embedding;
  stack.token_inputs = {};
  stack.layers = {prediction.layer};
  stack.output_norm = prediction.output_norm ? prediction.output_norm : spec.output_norm;
  stack.output = prediction.output;
  stack.output_bias = {};
  return stack;
}

Predictor::Predictor(const gguf::File& file, const Transformer& model, Backend& backend,
                     WeightPlacement placement)
    : backend_(backend),
      weight_bytes_(total_bytes(prediction_uses(model.spec()), file)),
      stack_(file, stack_of(model.spec()), backend, {}, placement),
      embedding_(stack_.spec().embedding ? stack_ : model),
      output_(stack_.spec().output ? stack_ : model) {
  const PredictionSpec& spec = *model.spec().prediction;
  const LoadProgress none;
  WeightLoader loader({.file = file}, backend, uint64_t(weight_bytes_), none);
  embedding_norm_.emplace(spec.embedding_norm, loader);
  hidden_norm_.emplace(spec.hidden_norm, loader);
  projection_ = loader.matrix(spec.projection);
}

Tensor Predictor::forward(const Batch& batch, const Inputs& inputs, const KvPool& kv,
                          Workspace& workspace) const {
  Step step(backend_, kv, workspace, batch, nullptr);
  const int64_t d_model = stack().d_model;
  const Tensor stream = workspace.hidden(step.n_rows());
  embedding_.embed(stream, batch.tokens);
  embedding_norm_->forward(step, slice_cols(inputs.joined, 0, d_model), stream);
  hidden_norm_->forward(step, slice_cols(inputs.joined, d_model, d_model), inputs.states);
  const Projection projection[] = {{.weight = projection_.get(), .bias = {}, .out = stream}};
  backend_.matmul(inputs.joined, projection, Store::kWrite);
  return stack_.forward_stream(step);
}

}  // namespace ridge
