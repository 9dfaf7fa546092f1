#include "model/blocks/convolution.h"

namespace ridge {

// The file has each channel's taps together: [n_channels, n_taps].
Convolution::Convolution(const MatrixSpec& spec, ConvolutionOutput output, WeightLoader& loader)
    : output_(output) {
  const std::vector<float> values = loader.values(spec);
  std::vector<float> transposed(values.size());
  for (int64_t c = 0; c < spec.n_out; ++c) {
    for (int64_t j = 0; j < spec.n_in; ++j) {
      transposed[size_t(j * spec.n_out + c)] = values[size_t(c * spec.n_in + j)];
    }
  }
  weight_ = make_parameter(loader.backend(), transposed);
  weight_.tensor = make_tensor(DType::kF32, {spec.n_in, spec.n_out}, *weight_.buffer, 0);
}

void Convolution::forward(Step& step, int layer, const Tensor& out, const Tensor& x) const {
  step.backend.short_convolution(
      out, x, {.weight = weight_.tensor, .states = step.states(layer).inputs, .output = output_},
      step.sequences(layer));
}

}  // namespace ridge
