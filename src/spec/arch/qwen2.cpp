// qwen2: Qwen 1.5 to 2.5 and Qwen2.5-Coder. Biases on Q, K and V.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec qwen2(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    spec.layers.push_back(
        reader.pre_norm_layer(i, reader.attention(i, RopePairs::kHalves), FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
