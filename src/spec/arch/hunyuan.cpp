// hunyuan-dense, hunyuan-moe: Tencent's Hunyuan V1. Llama's blocks with norms over heads that come
// after the rope; the larger model adds experts to one for all tokens.
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

LayerSpec hunyuan_layer(ArchReader& reader, int i) {
  AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
  reader.norm_heads(i, attention);
  attention.norms_after_rope = true;
  return reader.pre_norm_layer(i, std::move(attention), FfnActivation::kSilu);
}

}  // namespace

ModelSpec hunyuan_dense(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) spec.layers.push_back(hunyuan_layer(reader, i));
  return spec;
}

ModelSpec hunyuan_moe(ArchReader& reader) {
  ModelSpec spec = hunyuan_dense(reader);
  for (int i = 0; i < reader.n_layers(); ++i) {
    MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kSilu, reader.expert_width(i));
    moe.normalise = true;
    reader.add_shared_expert(i, moe, reader.shared_expert_width(i), ArchReader::SharedGate::kNone);
    spec.layers[size_t(i)].ffn = std::move(moe);
  }
  return spec;
}

}  // namespace ridge::arch
