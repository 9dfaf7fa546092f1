// glm4moe: GLM-4.5 and 4.6. The first layers are dense; the others choose by sigmoid plus a learned
// bias and add shared experts, which lie in one matrix. Half of each head turns, Q, K and V may
// have biases, and the larger model has norms over heads.
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

LayerSpec glm4moe_layer(ArchReader& reader, int i, int64_t n_dense, int64_t n_shared) {
  AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
  attention.q_norm = reader.optional_norm(blk(i, "attn_q_norm"), attention.k_dim);
  attention.k_norm = reader.optional_norm(blk(i, "attn_k_norm"), attention.k_dim);
  LayerSpec layer = reader.pre_norm_layer(i, std::move(attention), FfnActivation::kSilu);
  layer.ffn_norm = reader.norm(blk(i, "post_attention_norm"), reader.d_model());
  if (i < n_dense) return layer;
  const int64_t d_ff = reader.expert_width(i);
  MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kSilu, d_ff);
  if (!reader.has_key("expert_gating_func")) moe.score = ExpertScore::kSigmoid;
  if (n_shared > 0) {
    reader.add_shared_expert(i, moe, n_shared * d_ff, ArchReader::SharedGate::kNone);
  }
  layer.ffn = std::move(moe);
  return layer;
}

}  // namespace

ModelSpec glm4moe(ArchReader& reader) {
  ModelSpec spec = reader.model();
  reader.set_aside_prediction_layers(spec);
  const int64_t n_dense =
      reader.integer("leading_dense_block_count", 0, reader.n_layers()).value_or(0);
  const int64_t n_shared = reader.integer("expert_shared_count", 0, 256).value_or(0);
  const auto layer = [&](int i) { return glm4moe_layer(reader, i, n_dense, n_shared); };
  for (int i = 0; i < reader.n_layers(); ++i) spec.layers.push_back(layer(i));
  if (const auto i = reader.prediction_layer()) {
    spec.prediction = reader.prediction(*i, layer(*i), spec.n_vocab);
  }
  return spec;
}

}  // namespace ridge::arch
