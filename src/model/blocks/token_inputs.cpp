#include "model/blocks/token_inputs.h"

namespace ridge {

TokenInputs::TokenInputs(const TokenInputsSpec& spec, WeightLoader& loader)
    : embedding_(loader.matrix(spec.embedding)),
      projection_(loader.matrix(spec.projection)),
      embedding_scale_(spec.embedding_scale),
      n_layers_(spec.projection.n_out / spec.width),
      norm_(spec.norm, loader) {}

void TokenInputs::prepare(Step& step, std::span<const int32_t> tokens, const Tensor& stream) const {
  const Tensor inputs = step.workspace().token_inputs(step.n_rows());
  const Tensor projected = step.workspace().token_inputs_work(step.n_rows());
  step.backend.embed(inputs, *embedding_, tokens, embedding_scale_);
  const Projection projection[] = {{.weight = projection_.get(), .out = projected}};
  step.backend.matmul(stream, projection, Store::kWrite);
  const Tensor of_layers = split_heads(projected, n_layers_);  // [n, n_layers, width]
  norm_.forward(step, of_layers, of_layers);
  step.backend.add(inputs, projected);
  step.tap(-1, "token_inputs", inputs);
}

TokenInput::TokenInput(const TokenInputSpec& spec, WeightLoader& loader)
    : gate_(loader.matrix(spec.gate)),
      projection_(loader.matrix(spec.projection)),
      post_norm_(spec.post_norm, loader) {}

void TokenInput::forward(Step& step, int layer, const Tensor& stream) const {
  Workspace& work = step.workspace();
  const int64_t n = step.n_rows(), width = gate_->n_out();
  const Tensor gate = work.ffn(n, width);
  const Tensor out = work.block_out(n);
  const Tensor inputs = slice_cols(work.token_inputs(n), layer * width, width);
  const Projection gates[] = {{.weight = gate_.get(), .out = gate}};
  step.backend.matmul(stream, gates, Store::kWrite);
  step.backend.gated_activation(gate, gate, inputs, Activation::kGeluTanh);
  const Projection projection[] = {{.weight = projection_.get(), .out = out}};
  step.backend.matmul(gate, projection, Store::kWrite);
  post_norm_.forward(step, out, out);
  step.backend.add(stream, out);
  step.tap(layer, "token_input.out", stream);
}

}  // namespace ridge
