// qwen3moe: Qwen 3 with experts in every layer and no shared one; the chosen scores sum to one.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec qwen3moe(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    reader.norm_heads(i, attention);
    MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kSilu, reader.expert_width(i));
    moe.normalise = true;
    spec.layers.push_back(reader.pre_norm_layer(i, std::move(attention), std::move(moe)));
  }
  return spec;
}

}  // namespace ridge::arch
