// command-r: Command R and R+, Aya 23. Layer norms, attention and feed-forward side by side, scaled
// logits; R+ has layer norms of Q and K with a weight for each head.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec command_r(ArchReader& reader) {
  reader.use_layer_norms();
  ModelSpec spec = reader.model();
  if (reader.has_key("logit_scale")) spec.logit_scale = reader.require_positive("logit_scale");
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kInterleaved);
    reader.norm_heads_apart(i, attention);
    DenseFfnSpec ffn = reader.dense_ffn(i, FfnActivation::kSilu);
    spec.layers.push_back(reader.parallel_layer(i, std::move(attention), std::move(ffn)));
  }
  return spec;
}

}  // namespace ridge::arch
