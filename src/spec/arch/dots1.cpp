// dots1: dots.llm1. The first layers are dense; the others choose by sigmoid plus a learned bias
// and add shared experts, which lie in one matrix.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec dots1(ArchReader& reader) {
  ModelSpec spec = reader.model();
  const int64_t n_dense =
      reader.integer("leading_dense_block_count", 0, reader.n_layers()).value_or(0);
  const int64_t n_shared = reader.require_integer("expert_shared_count", 1, 256);
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    reader.norm_heads(i, attention);
    LayerSpec layer = reader.pre_norm_layer(i, std::move(attention), FfnActivation::kSilu);
    if (i >= n_dense) {
      const int64_t d_ff = reader.expert_width(i);
      MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kSilu, d_ff);
      reader.add_shared_expert(i, moe, n_shared * d_ff, ArchReader::SharedGate::kNone);
      layer.ffn = std::move(moe);
    }
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

}  // namespace ridge::arch
