// The weights of a short convolution, as the back end wants them.
#pragma once

#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class Convolution {
 public:
  Convolution(const MatrixSpec& spec, ConvolutionOutput output, WeightLoader& loader);

  // out = convolution(x) over each sequence's rows, after its inputs so far. Both [n, n_channels];
  // out is not x.
  void forward(Step& step, int layer, const Tensor& out, const Tensor& x) const;

 private:
  Parameter weight_;
  ConvolutionOutput output_;
};

}  // namespace ridge
