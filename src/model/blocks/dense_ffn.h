// Feed-forward: (activation(x·W_gate) * (x·W_up))·W_down, or activation(x·W_up)·W_down.
#pragma once

#include "model/step.h"
#include "model/weights.h"

namespace ridge {

Activation device_activation(FfnActivation activation);

class DenseFfn {
 public:
  DenseFfn(const DenseFfnSpec& spec, WeightLoader& loader);

  // out (store)= ffn(x). x and out: [n, d_model].
  void forward(Step& step, int layer, const Tensor& x, const Tensor& out, Store store) const;

 private:
  WeightPtr gate_, up_, down_;  // gate_ may be null
  Parameter up_bias_, down_bias_;
  Activation activation_;
};

}  // namespace ridge
