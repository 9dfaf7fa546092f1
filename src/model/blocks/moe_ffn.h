// Mixture of experts: each row goes through the gated feed-forwards of the experts that its router
// chooses, weighted, and through a shared one where there is one.
#pragma once

#include <optional>

#include "model/blocks/dense_ffn.h"
#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class MoeFfn {
 public:
  MoeFfn(const MoeFfnSpec& spec, WeightLoader& loader);

  // out (store)= moe(x). x and out: [n, d_model].
  void forward(Step& step, int layer, const Tensor& x, const Tensor& out, Store store) const;

  // The same in two, for a router that reads something else than its experts. The routing lies in
  // the workspace until the next one.
  struct RoutedInput {
    Tensor x;
    Routing routing;
  };
  Routing route(Step& step, int layer, const Tensor& x) const;
  void forward(Step& step, int layer, const RoutedInput& in, const Tensor& out, Store store) const;

 private:
  // A router with the feed-forwards that it chooses from.
  struct Group {
    WeightPtr router;
    Parameter logit_bias, router_bias, expert_scale;
    RouterParams params;  // without the vectors
    int64_t top_k = 0;
    WeightPtr gate, up, down;
    Parameter gate_bias, up_bias, down_bias;
    Activation activation = Activation::kSilu;
    ExpertWeighting weighting = ExpertWeighting::kOutput;

    Routing route(Step& step, int layer, const Tensor& x) const;
    void forward(Step& step, int layer, const RoutedInput& in, const Tensor& out,
                 Store store) const;
  };
  static Group load_experts(const MoeFfnSpec& spec, WeightLoader& loader);
  static Group load_gated_shared(const MoeFfnSpec& spec, WeightLoader& loader);

  Group experts_;
  // The shared expert: with a gate it is a group of one, whose score is its weight.
  std::optional<Group> gated_shared_;
  std::optional<DenseFfn> shared_;
};

}  // namespace ridge
