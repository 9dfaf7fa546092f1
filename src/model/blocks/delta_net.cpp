#include "model/blocks/delta_net.h"

namespace ridge {

DeltaNet::DeltaNet(const DeltaNetSpec& spec, WeightLoader& loader)
    : spec_(spec),
      qkv_(loader.matrix(spec.qkv)),
      gate_(loader.matrix(spec.gate)),
      alpha_(loader.matrix(spec.alpha)),
      beta_(loader.matrix(spec.beta)),
      beta_alpha_(loader.matrix(spec.beta_alpha)),
      output_(loader.matrix(spec.output)),
      convolution_(spec.convolution, ConvolutionOutput::kSilu, loader),
      a_(loader.vector(spec.a)),
      dt_bias_(loader.vector(spec.dt_bias)),
      norm_(spec.norm, loader) {}

void DeltaNet::forward(Step& step, int layer, const Tensor& x, const Tensor& out,
                       Store store) const {
  Backend& device = step.backend;
  Workspace& work = step.workspace();
  const int64_t n = step.n_rows(), n_v = spec_.n_v_heads, v_width = n_v * spec_.v_dim;
  const Tensor gate = work.v(n, v_width);
  const RecurrentRows rows = recurrent_rows(step, layer);
  if (beta_alpha_) {
    const Projection all[] = {{.weight = qkv_.get(), .out = rows.inputs},
                              {.weight = gate_.get(), .out = gate},
                              {.weight = beta_alpha_.get(), .out = rows.gates}};
    device.matmul(x, all, Store::kWrite);
  } else {
    const Projection all[] = {{.weight = qkv_.get(), .out = rows.inputs},
                              {.weight = gate_.get(), .out = gate},
                              {.weight = beta_.get(), .out = slice_cols(rows.gates, 0, n_v)},
                              {.weight = alpha_.get(), .out = slice_cols(rows.gates, n_v, n_v)}};
    device.matmul(x, all, Store::kWrite);
  }
  const Tensor mixed = advance(step, layer, rows);  // [n, n_v_heads * v_dim]
  const Tensor heads = split_heads(mixed, n_v);
  norm_.forward(step, heads, heads);
  device.gated_activation(mixed, gate, mixed, Activation::kSilu);
  step.tap(layer, "delta.mixed", mixed);

  const Projection output[] = {{.weight = output_.get(), .out = out}};
  device.matmul(mixed, output, store);
}

void DeltaNet::replay(Step& step, int layer) const {
  advance(step, layer, recurrent_rows(step, layer));
}

RecurrentRows DeltaNet::recurrent_rows(Step& step, int layer) const {
  return step.recurrent_rows(layer, spec_.n_channels(), 2 * spec_.n_v_heads);
}

Tensor DeltaNet::advance(Step& step, int layer, const RecurrentRows& rows) const {
  Workspace& work = step.workspace();
  const int64_t n = step.n_rows(), n_v = spec_.n_v_heads, v_width = n_v * spec_.v_dim;
  const Tensor qkv = work.k(n, spec_.n_channels());
  const Tensor mixed = work.mixed(n, v_width);
  convolution_.forward(step, layer, qkv, rows.inputs);
  step.tap(layer, "delta.qkv", qkv);

  DeltaNetInputs inputs;
  if (beta_alpha_) {  // together for each key head
    const int64_t n_shared = n_v / spec_.n_k_heads;
    const Tensor pairs = split_heads(rows.gates, spec_.n_k_heads);
    inputs.beta = slice_cols(pairs, 0, n_shared);
    inputs.alpha = slice_cols(pairs, n_shared, n_shared);
  } else {
    inputs.beta = split_heads(slice_cols(rows.gates, 0, n_v), 1);
    inputs.alpha = split_heads(slice_cols(rows.gates, n_v, n_v), 1);
  }
  const int64_t qk_width = spec_.n_k_heads * spec_.k_dim;
  inputs.q = split_heads(slice_cols(qkv, 0, qk_width), spec_.n_k_heads);
  inputs.k = split_heads(slice_cols(qkv, qk_width, qk_width), spec_.n_k_heads);
  inputs.v = split_heads(slice_cols(qkv, 2 * qk_width, v_width), n_v);
  const bool is_cyclic = spec_.key_heads == KeyHeadOrder::kCyclic;
  step.backend.delta_net(split_heads(mixed, n_v), inputs,
                         {.a = a_.tensor,
                          .dt_bias = dt_bias_.tensor,
                          .states = step.states(layer).matrices,
                          .key_heads = is_cyclic ? KeyHeads::kCyclic : KeyHeads::kBlocks,
                          .norm_eps = spec_.qk_norm_eps},
                         step.sequences(layer));
  return mixed;
}

}  // namespace ridge
