#include "model/blocks/moe_ffn.h"

namespace ridge {
namespace {

RouterScore device_score(ExpertScore score) {
  return score == ExpertScore::kSoftmax ? RouterScore::kSoftmax : RouterScore::kSigmoid;
}

}  // namespace

MoeFfn::Group MoeFfn::load_experts(const MoeFfnSpec& spec, WeightLoader& loader) {
  Group group{.params = {.score = device_score(spec.score),
                         .normalise = spec.normalise,
                         .scale = spec.weight_scale},
              .top_k = spec.top_k,
              .activation = device_activation(spec.activation)};
  group.router = loader.matrix(spec.router);
  group.logit_bias = loader.vector(spec.logit_bias);
  group.router_bias = loader.vector(spec.router_bias);
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

void MoeFfn::Group::forward(Step& step, int layer, const Tensor& x, const Tensor& out,
                            Store store) const {
  Backend& device = step.backend;
  Workspace& work = step.workspace();
  const int64_t n = step.n_rows();
  const Tensor logits = work.router(n, router->n_out());
  const Routing routing = work.routing(n, top_k);
  const Tensor inner = work.ffn(n * top_k, down->n_in());

  const Projection scores[] = {{.weight = router.get(), .bias = logit_bias.tensor, .out = logits}};
  device.matmul(x, scores, Store::kWrite);
  step.tap(layer, "ffn.router", logits);
  RouterParams with_bias = params;
  with_bias.bias = router_bias.tensor;
  device.route(routing, logits, with_bias);
  step.tap(layer, "ffn.weights", routing.weights);
  device.expert_gated_matmul(inner, x, routing,
                             {*gate, *up, activation, gate_bias.tensor, up_bias.tensor});
  step.tap(layer, "ffn.inner", inner);
  device.expert_matmul(out, inner, routing, {*down, down_bias.tensor}, store);
}

void MoeFfn::forward(Step& step, int layer, const Tensor& x, const Tensor& out, Store store) const {
  experts_.forward(step, layer, x, out, store);
  if (gated_shared_) gated_shared_->forward(step, layer, x, out, Store::kAdd);
  if (shared_) shared_->forward(step, layer, x, out, Store::kAdd);
}

}  // namespace ridge
