// stablelm: StableLM 2 and 3B. Layer norms with biases, rope over a part of each head. The 12B has
// attention and feed-forward side by side, and layer norms of Q and K with a weight for each head.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec stablelm(ArchReader& reader) {
  reader.use_layer_norms();
  reader.flag("use_parallel_residual");  // which not all files say rightly; the tensors do
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    reader.norm_heads_apart(i, attention);
    FfnSpec ffn = reader.dense_ffn(i, FfnActivation::kSilu);
    const bool is_parallel = !reader.optional_norm(blk(i, "ffn_norm"), spec.d_model);
    spec.layers.push_back(is_parallel
                              ? reader.parallel_layer(i, std::move(attention), std::move(ffn))
                              : reader.pre_norm_layer(i, std::move(attention), std::move(ffn)));
  }
  return spec;
}

}  // namespace ridge::arch
