// minimax-m2: MiniMax M2. Norms over all of Q and all of K at once, of whose heads a part turns;
// experts in every layer, chosen by sigmoid plus a learned bias.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec minimax_m2(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    attention.q_norm = reader.norm(blk(i, "attn_q_norm"), attention.q.n_out);
    attention.k_norm = reader.norm(blk(i, "attn_k_norm"), attention.k.n_out);
    MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kSilu, reader.expert_width(i));
    moe.normalise = true;
    if (!reader.has_key("expert_gating_func")) moe.score = ExpertScore::kSigmoid;
    spec.layers.push_back(reader.pre_norm_layer(i, std::move(attention), std::move(moe)));
  }
  return spec;
}

}  // namespace ridge::arch
