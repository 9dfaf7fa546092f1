// gemma4: windowed layers and global ones differ in the size and number of their heads and in rope;
// global layers may take V from K's projection. Norms are everywhere, over V too; a layer may have
// a dense feed-forward and experts side by side, and ends with a scale.
#include <cmath>

#include "spec/arch/gemma.h"
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

constexpr HeadKeys kWindowedHeads{.k_dim = "attention.key_length_swa",
                                  .v_dim = "attention.value_length_swa",
                                  .n_rotated = "rope.dimension_count_swa",
                                  .rope_base = "rope.freq_base_swa"};

// window 0: a global layer, the only kind with rope factors: they stop the dims that do not turn.
AttentionSpec read_attention(ArchReader& reader, int layer, int64_t window) {
  const HeadKeys keys = window > 0 ? kWindowedHeads : HeadKeys{};
  AttentionSpec a = reader.attention(layer, RopePairs::kHalves, keys);
  a.scale = 1.0f;
  a.window = window;
  if (window > 0) a.rope.factors = {};
  if (a.v.stacked_rows == 0) {
    a.v = reader.optional_matrix(blk(layer, "attn_v"), a.v.n_out, a.v.n_in);
  }
  a.q_norm = reader.norm(blk(layer, "attn_q_norm"), a.k_dim);
  a.k_norm = reader.norm(blk(layer, "attn_k_norm"), a.k_dim);
  a.v_norm = reader.unit_norm(a.v_dim);
  return a;
}

FfnSpec read_ffn(ArchReader& reader, int layer, FfnSpec dense) {
  const int64_t d_model = reader.d_model();
  DenseAndMoeFfnSpec ffn{.dense = std::get<DenseFfnSpec>(std::move(dense))};
  ffn.dense_post_norm = reader.norm(blk(layer, "post_ffw_norm_1"), d_model);
  ffn.router_norm = reader.norm(blk(layer, "ffn_gate_inp"), d_model);
  ffn.router_norm.weight.name = blk(layer, "ffn_gate_inp.scale");
  ffn.router_norm.scale = float(1.0 / std::sqrt(double(d_model)));
  ffn.experts_norm = reader.norm(blk(layer, "pre_ffw_norm_2"), d_model);
  ffn.experts = reader.moe_ffn(layer, FfnActivation::kGeluTanh, reader.expert_width(layer));
  ffn.experts.normalise = true;
  ffn.experts.expert_scale =
      reader.optional_vector(blk(layer, "ffn_down_exps.scale"), ffn.experts.n_experts);
  ffn.experts_post_norm = reader.norm(blk(layer, "post_ffw_norm_2"), d_model);
  return ffn;
}

}  // namespace

ModelSpec gemma4(ArchReader& reader) {
  ModelSpec spec = reader.model();
  reader.expect("attention.shared_kv_layers", 0);
  reader.expect("embedding_length_per_layer_input", 0);
  spec.embedding_scale = std::sqrt(float(spec.d_model));
  spec.logit_softcap = reader.number("final_logit_softcapping").value_or(0.0f);
  const int64_t window = reader.require_integer("attention.sliding_window", 1, int64_t{1} << 30);
  const std::vector<bool> windowed = reader.windowed_layers(6);
  const bool has_experts = reader.integer("expert_count", 0, 1 << 14).value_or(0) > 0;
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = read_attention(reader, i, windowed[size_t(i)] ? window : 0);
    LayerSpec layer = gemma_layer(reader, i, std::move(attention));
    if (has_experts) layer.ffn = read_ffn(reader, i, std::move(layer.ffn));
    layer.output_scale = reader.optional_vector(blk(i, "layer_output_scale.weight"), 1);
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

}  // namespace ridge::arch
