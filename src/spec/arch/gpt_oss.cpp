// gpt-oss: windows in every second layer, sinks in every softmax, biases everywhere, experts with a
// clamped gate whose weights are a softmax over the chosen.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec gpt_oss(ArchReader& reader) {
  ModelSpec spec = reader.model();
  const int64_t window = reader.require_integer("attention.sliding_window", 1, int64_t{1} << 30);
  const std::vector<bool> windowed = reader.windowed_layers(2);
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    attention.sinks = reader.vector(blk(i, "attn_sinks.weight"), attention.n_heads);
    if (windowed[size_t(i)]) attention.window = window;
    MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kClampedSwish, reader.expert_width(i));
    moe.normalise = true;
    moe.logit_bias = reader.vector(blk(i, "ffn_gate_inp.bias"), moe.n_experts);
    reader.add_expert_biases(i, moe);
    LayerSpec layer = reader.pre_norm_layer(i, std::move(attention), std::move(moe));
    layer.ffn_norm = reader.norm(blk(i, "post_attention_norm"), spec.d_model);
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

}  // namespace ridge::arch
