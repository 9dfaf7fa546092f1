// Latent attention, in its absorbed form: Q is brought into the space of the latent vectors, all
// heads attend to the same cached rows, and what they gather is brought back by V's matrices. So K
// and V of a head exist nowhere.
//   q' = (q_nope · K_b, rope(q_rope)), row = (norm(latent), rope(k_rope))
//   out = (softmax(q'·row) · latent) · V_bᵀ · W_o
#pragma once

#include "model/blocks/norm.h"
#include "model/blocks/rope.h"
#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class LatentAttention {
 public:
  LatentAttention(const LatentAttentionSpec& spec, WeightLoader& loader);

  // out (store)= attention(x). x and out: [n, d_model].
  void forward(Step& step, int layer, const Tensor& x, const Tensor& out, Store store) const;

 private:
  // q [n, n_heads * k_dim] and the row to cache [n, row_dim].
  void project(Step& step, const Tensor& x, const Tensor& q, const Tensor& row) const;

  LatentAttentionSpec spec_;
  WeightPtr q_a_, q_b_, kv_a_, k_b_, v_b_, output_;
  Norm q_a_norm_, latent_norm_;
  Rope rope_;
};

}  // namespace ridge
