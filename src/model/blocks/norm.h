// RMS norm or layer norm with its weights.
#pragma once

#include <vector>

#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class Norm {
 public:
  Norm(const NormSpec& spec, WeightLoader& loader)
      : weight_(load_weight(spec, loader)),
        bias_(loader.vector(spec.bias)),
        kind_(spec.kind),
        eps_(spec.eps) {}
  explicit operator bool() const { return bool(weight_); }

  // out = norm(x) over the innermost dimension; out may be x. Returns out.
  Tensor forward(Step& step, const Tensor& out, const Tensor& x) const {
    if (kind_ == NormKind::kLayer) {
      step.backend.layer_norm(out, x,
                              {.weight = weight_.tensor, .bias = bias_.tensor, .eps = eps_});
    } else {
      step.backend.rms_norm(out, x, weight_.tensor, eps_);
    }
    return out;
  }

 private:
  static Parameter load_weight(const NormSpec& spec, WeightLoader& loader) {
    if (!spec.weight) return ones(spec, loader);
    Parameter weight = loader.vector(spec.weight);
    if (spec.scale != 1.0f) loader.backend().scale(weight.tensor, spec.scale);
    return weight;
  }
  static Parameter ones(const NormSpec& spec, WeightLoader& loader) {
    if (!spec) return {};
    return make_parameter(loader.backend(),
                          std::vector<float>(size_t(spec.weight.size), spec.scale));
  }

  Parameter weight_, bias_;
  NormKind kind_;
  float eps_;
};

}  // namespace ridge
