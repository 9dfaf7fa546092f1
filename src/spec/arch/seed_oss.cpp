// seed_oss: ByteDance's Seed-OSS. Qwen 2's blocks with a head size of its own; the norm before the
// feed-forward has another name.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec seed_oss(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    LayerSpec layer =
        reader.pre_norm_layer(i, reader.attention(i, RopePairs::kHalves), FfnActivation::kSilu);
    layer.ffn_norm = reader.norm(blk(i, "post_attention_norm"), spec.d_model);
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

}  // namespace ridge::arch
