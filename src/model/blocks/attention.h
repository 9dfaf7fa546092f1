// Attention: q, k, v = x·W (+ bias), norms over heads, rope, cache, softmax(q·kᵀ)·v (times a gate),
// ·W_o.
#pragma once

#include <optional>

#include "model/blocks/norm.h"
#include "model/blocks/rope.h"
#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class Attention {
 public:
  Attention(const AttentionSpec& spec, WeightLoader& loader);

  // out (store)= attention(x). x and out: [n, d_model].
  void forward(Step& step, int layer, const Tensor& x, const Tensor& out, Store store) const;

 private:
  AttentionSpec spec_;
  WeightPtr q_, k_, v_, output_;
  Parameter q_bias_, k_bias_, v_bias_, output_bias_;
  Norm q_norm_, k_norm_, v_norm_;
  Parameter sinks_;
  Rope rope_;
};

}  // namespace ridge
