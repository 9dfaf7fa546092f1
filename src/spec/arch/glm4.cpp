// glm4: dense GLM-4 of 2025 (GLM-4-0414, GLM-Z1). Norms before and after each block, biases on Q, K
// and V, half of a head turned in neighbouring pairs, gate and up in one tensor.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec glm4(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    LayerSpec layer = reader.pre_norm_layer(i, reader.attention(i, RopePairs::kInterleaved),
                                            reader.stacked_ffn(i, FfnActivation::kSilu));
    layer.mixer_post_norm = reader.norm(blk(i, "post_attention_norm"), spec.d_model);
    layer.ffn_post_norm = reader.norm(blk(i, "post_ffw_norm"), spec.d_model);
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

}  // namespace ridge::arch
