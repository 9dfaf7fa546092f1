#include "model/blocks/moe_ffn.h"

namespace ridge {
namespace {

RouterScore device_score(ExpertScore score) {
  return score == ExpertScore::kSoftmax ? RouterScore::kSoftmax : RouterScore::kSigmoid;
}

}  // namespace

MoeFfn::Group MoeFfn::load_experts(const MoeFfnSpec& spec, WeightLoader& loader) {
  Group group{.params = {.score = device_score(spec.score),
                         .n_groups = spec.groups.n_groups,
                         .n_groups_used = spec.groups.n_used,
                         .normalise = spec.normalise,
                         .scale = spec.weight_scale},
              .top_k = spec.top_k,
              .activation = device_activation(spec.activation),
              .weighting = spec.weighs_input ? ExpertWeighting::kInput : ExpertWeighting::kOutput};
  group.router = loader.matrix(spec.router);
  group.logit_bias = loader.vector(spec.logit_bias);
  group.router_bias = loader.vector(spec.router_bias);
  group.expert_scale = loader.vector(spec.expert_scale);
  group.gate = loader.matrix(spec.gate);
  group.up = loader.matrix(spec.up);
  group.down = loader.matrix(spec.down);
  group.gate_bias = loader.vector(spec.gate_bias);
  group.up_bias = loader.vector(spec.up_bias);
  group.down_bias = loader.vector(spec.down_bias);
  return group;
}

MoeFfn::Group MoeFfn::load_gated_shared(const MoeFfnSpec& spec, WeightLoader& loader) {
  Group group{.params = {.score = RouterScore::kSigmoid},
              .top_k = 1,
              .activation = device_activation(spec.shared.activation)};
  group.router = loader.matrix(spec.shared_gate);
  group.gate = loader.matrix(spec.shared.gate);
  group.up = loader.matrix(spec.shared.up);
  group.down = loader.matrix(spec.shared.down);
  return group;
}

MoeFfn::MoeFfn(const MoeFfnSpec& spec, WeightLoader& loader)
    : experts_(load_experts(spec, loader)) {
  if (!spec.shared.gate) return;
  if (spec.shared_gate) {
    gated_shared_ = load_gated_shared(spec, loader);
  } else {
    shared_.emplace(spec.shared, loader);
  }
}

Routing MoeFfn::Group::route(Step& step, int layer, const Tensor& x) const {
  Workspace& work = step.workspace();
  const Tensor logits = work.router(step.n_rows(), router->n_out());
  const Routing routing = work.routing(step.n_rows(), top_k);
  const Projection scores[] = {{.weight = router.get(), .bias = logit_bias.tensor, .out = logits}};
  step.backend.matmul(x, scores, Store::kWrite);
  step.tap(layer, "ffn.router", logits);
  RouterParams with_vectors = params;
  with_vectors.bias = router_bias.tensor;
  with_vectors.expert_scale = expert_scale.tensor;
  step.backend.route(routing, logits, with_vectors);
  step.tap(layer, "ffn.weights", routing.weights);
  return routing;
}

void MoeFfn::Group::forward(Step& step, int layer, const RoutedInput& in, const Tensor& out,
                            Store store) const {
  const Tensor inner = step.workspace().ffn(step.n_rows() * top_k, down->n_in());
  const Weight* const chosen_from[] = {gate.get(), up.get(), down.get()};
  step.backend.read_ahead(in.routing, chosen_from);
  step.backend.expert_gated_matmul(
      inner, in.x, in.routing,
      {*gate, *up, activation, gate_bias.tensor, up_bias.tensor, weighting});
  step.tap(layer, "ffn.inner", inner);
  step.backend.expert_matmul(out, inner, in.routing, {*down, down_bias.tensor}, store);
}

Routing MoeFfn::route(Step& step, int layer, const Tensor& x) const {
  return experts_.route(step, layer, x);
}

void MoeFfn::forward(Step& step, int layer, const Tensor& x, const Tensor& out, Store store) const {
  forward(step, layer, RoutedInput{x, route(step, layer, x)}, out, store);
}

void MoeFfn::forward(Step& step, int layer, const RoutedInput& in, const Tensor& out,
                     Store store) const {
  experts_.forward(step, layer, in, out, store);
  if (gated_shared_) {
    gated_shared_->forward(step, layer, {in.x, gated_shared_->route(step, layer, in.x)}, out,
                           Store::kAdd);
  }
  if (shared_) shared_->forward(step, layer, in.x, out, Store::kAdd);
}

}  // namespace ridge
