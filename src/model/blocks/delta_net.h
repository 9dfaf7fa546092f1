// Gated delta net: q, k, v = silu(convolution(x·W)); the gated delta rule on each value head's
// matrix; norm · silu(x·W_gate); ·W_out.
#pragma once

#include "model/blocks/convolution.h"
#include "model/blocks/norm.h"
#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class DeltaNet {
 public:
  DeltaNet(const DeltaNetSpec& spec, WeightLoader& loader);

  // out (store)= the block of x. x and out: [n, d_model].
  void forward(Step& step, int layer, const Tensor& x, const Tensor& out, Store store) const;
  // Moves the states on over tokens of a trial; see Transformer::replay.
  void replay(Step& step, int layer) const;

 private:
  RecurrentRows recurrent_rows(Step& step, int layer) const;
  // What the heads find, [n, n_v_heads * v_dim]; moves the states on.
  Tensor advance(Step& step, int layer, const RecurrentRows& rows) const;

  DeltaNetSpec spec_;
  WeightPtr qkv_, gate_, alpha_, beta_, beta_alpha_, output_;
  Convolution convolution_;
  Parameter a_, dt_bias_;
  Norm norm_;
};

}  // namespace ridge
