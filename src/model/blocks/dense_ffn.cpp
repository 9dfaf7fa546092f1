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
      activation_(device_activation(spec.activation)) {}

void DenseFfn::forward(Step& step, int layer, const Tensor& x, const Tensor& out,
                       Store store) const {
  const Tensor inner = step.workspace().ffn(step.n_rows(), down_->n_in());
  step.backend.gated_matmul(inner, x, *gate_, *up_, activation_);
  step.tap(layer, "ffn.inner", inner);
  const Projection output[] = {{.weight = down_.get(), .out = out}};
  step.backend.matmul(inner, output, store);
}

}  // namespace ridge
