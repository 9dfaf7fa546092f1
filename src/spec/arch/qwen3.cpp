// qwen3: dense Qwen 3. RMS norms over each head of Q and K, heads wider than d_model / n_heads.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec qwen3(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    attention.q_norm = reader.norm(blk(i, "attn_q_norm"), attention.k_dim);
    attention.k_norm = reader.norm(blk(i, "attn_k_norm"), attention.k_dim);
    spec.layers.push_back(reader.pre_norm_layer(i, std::move(attention), FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
