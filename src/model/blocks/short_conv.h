// Short convolution in attention's place: (b, c, x) = x·W_in, (c · convolution(b · x))·W_out.
#pragma once

#include "model/blocks/convolution.h"
#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class ShortConv {
 public:
  ShortConv(const ShortConvSpec& spec, WeightLoader& loader);

  // out (store)= the block of x. x and out: [n, d_model].
  void forward(Step& step, int layer, const Tensor& x, const Tensor& out, Store store) const;
  // Moves the states on over tokens of a trial; see Transformer::replay.
  void replay(Step& step, int layer) const;

 private:
  WeightPtr input_, output_;
  Convolution convolution_;
};

}  // namespace ridge
