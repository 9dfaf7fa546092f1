#include "model/blocks/dense_ffn.h"

namespace ridge {

Activation device_activation(FfnActivation activation) {
  switch (activation) {
    case FfnActivation::kSilu:
      return Activation::kSilu;
    case FfnActivation::kGeluTanh:
      return Activation::kGeluTanh;
    case FfnActivation::kClampedSwish:
      return Activation::kClampedSwish;
  }
  return Activation::kSilu;
}

DenseFfn::DenseFfn(const DenseFfnSpec& spec, WeightLoader& loader)
    : gate_(loader.matrix(spec.gate)),
      up_(loader.matrix(spec.up)),
      down_(loader.matrix(spec.down)),
      up_bias_(loader.vector(spec.up_bias)),
      down_bias_(loader.vector(spec.down_bias)),
      activation_(device_activation(spec.activation)) {}

void DenseFfn::forward(Step& step, int layer, const Tensor& x, const Tensor& out,
                       Store store) const {
  const Tensor inner = step.workspace().ffn(step.n_rows(), down_->n_in());
  if (gate_) {
    step.backend.gated_matmul(inner, x, *gate_, *up_, activation_);
  } else {
    const Projection up[] = {{up_.get(), up_bias_.tensor, inner}};
    step.backend.matmul(x, up, Store::kWrite);
    step.backend.activation(inner, activation_);
  }
  step.tap(layer, "ffn.inner", inner);
  const Projection output[] = {{down_.get(), down_bias_.tensor, out}};
  step.backend.matmul(inner, output, store);
}

}  // namespace ridge
