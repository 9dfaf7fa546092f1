// bailingmoe2: inclusionAI's Ling and Ring 2. The first layers are dense; the others choose by
// sigmoid plus a learned bias among experts in groups and add shared ones, which lie in one matrix.
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

MoeFfnSpec read_experts(ArchReader& reader, int layer) {
  constexpr int64_t kMostWidth = 1 << 20;
  MoeFfnSpec moe = reader.moe_ffn(layer, FfnActivation::kSilu, reader.expert_width(layer));
  const int64_t n_shared = reader.require_integer("expert_shared_count", 1, 256);
  const int64_t d_shared =
      reader.integer("expert_shared_feed_forward_length", 1, kMostWidth).value_or(moe.d_ff);
  reader.add_shared_expert(layer, moe, n_shared * d_shared, ArchReader::SharedGate::kNone);
  return moe;
}

}  // namespace

ModelSpec bailingmoe2(ArchReader& reader) {
  ModelSpec spec = reader.model();
  reader.set_aside_prediction_layers(spec);
  const int64_t n_dense =
      reader.integer("leading_dense_block_count", 0, reader.n_layers()).value_or(0);
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    reader.norm_heads(i, attention);
    FfnSpec ffn = reader.dense_ffn(i, FfnActivation::kSilu);
    if (i >= n_dense) ffn = read_experts(reader, i);
    spec.layers.push_back(reader.pre_norm_layer(i, std::move(attention), std::move(ffn)));
  }
  return spec;
}

}  // namespace ridge::arch
