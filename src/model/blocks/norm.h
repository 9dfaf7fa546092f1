// RMS norm with its weight.
#pragma once

#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class Norm {
 public:
  Norm(const NormSpec& spec, WeightLoader& loader)
      : weight_(loader.vector(spec.weight)), eps_(spec.eps) {}
  explicit operator bool() const { return bool(weight_); }

  // out = norm(x) over the innermost dimension; out may be x.
  void forward(Step& step, const Tensor& out, const Tensor& x) const {
    step.backend.rms_norm(out, x, weight_.tensor, eps_);
  }

 private:
  Parameter weight_;
  float eps_;
};

}  // namespace ridge
