#include "model/blocks/short_conv.h"

namespace ridge {

ShortConv::ShortConv(const ShortConvSpec& spec, WeightLoader& loader)
    : input_(loader.matrix(spec.input)),
      output_(loader.matrix(spec.output)),
      convolution_(spec.convolution, ConvolutionOutput::kPlain, loader) {}

void ShortConv::forward(Step& step, int layer, const Tensor& x, const Tensor& out,
                        Store store) const {
  Backend& device = step.backend;
  Workspace& work = step.workspace();
  const int64_t n = step.n_rows(), width = output_->n_in();
  const Tensor input = work.k(n, 3 * width);
  const Tensor product = step.recurrent_rows(layer, width, 0).inputs;
  const Tensor mixed = work.mixed(n, width);
  const auto third = [&](int64_t i) { return slice_cols(input, i * width, width); };

  const Projection inputs[] = {{.weight = input_.get(), .out = input}};
  device.matmul(x, inputs, Store::kWrite);
  step.tap(layer, "conv.input", input);
  device.gated_activation(product, third(0), third(2), Activation::kIdentity);
  convolution_.forward(step, layer, mixed, product);
  device.gated_activation(mixed, third(1), mixed, Activation::kIdentity);
  step.tap(layer, "conv.mixed", mixed);

  const Projection output[] = {{.weight = output_.get(), .out = out}};
  device.matmul(mixed, output, store);
}

void ShortConv::replay(Step& step, int layer) const {
  const int64_t width = output_->n_in();
  convolution_.forward(step, layer, step.workspace().mixed(step.n_rows(), width),
                       step.recurrent_rows(layer, width, 0).inputs);
}

}  // namespace ridge
