// Inputs that each token brings to every layer (Gemma 3n, 4), and what a layer takes of them.
#pragma once

#include <span>

#include "model/blocks/norm.h"
#include "model/step.h"
#include "model/weights.h"

namespace ridge {

class TokenInputs {
 public:
  TokenInputs(const TokenInputsSpec& spec, WeightLoader& loader);

  // Leaves those of all layers in the workspace. stream: [n, d_model], before the first layer.
  void prepare(Step& step, std::span<const int32_t> tokens, const Tensor& stream) const;

 private:
  WeightPtr embedding_, projection_;
  float embedding_scale_;
  int64_t n_layers_;
  Norm norm_;
};

class TokenInput {
 public:
  TokenInput(const TokenInputSpec& spec, WeightLoader& loader);
  explicit operator bool() const { return gate_ != nullptr; }

  // stream += norm(projection · (gelu(gate · stream) * the layer's inputs)).
  void forward(Step& step, int layer, const Tensor& stream) const;

 private:
  WeightPtr gate_, projection_;
  Norm post_norm_;
};

}  // namespace ridge
