// gemma4: windowed layers and global ones differ in the size and number of their heads and in rope;
// global layers may take V from K's projection. Norms are everywhere, over V too; a layer may have
// a dense feed-forward and experts side by side, and ends with a scale. In E2B and E4B each token
// brings inputs of its own to every layer, and the last layers read the caches of earlier ones.
#include <cmath>

#include "base/error.h"
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
  reader.norm_heads(layer, a);
  a.v_norm = reader.unit_norm(a.v_dim);
  return a;
}

// The last layer before `end` of the same kind.
int64_t layer_to_share(const std::vector<bool>& windowed, int layer, int end) {
  while (end > 0 && windowed[size_t(end - 1)] != windowed[size_t(layer)]) --end;
  if (end > 0) return end - 1;
  fail(ErrorCode::kInvalidFile, "layer ", layer,
       " shares the cache of an earlier one, and there is none of its kind");
}

// The original has K and V projections there, too, and never uses them.
void share_cache(ModelSpec& spec, int layer, AttentionSpec& attention, int64_t kv_layer) {
  spec.set_aside.push_back(blk(layer, "attn_k"));
  spec.set_aside.push_back(blk(layer, "attn_v"));
  attention.kv_layer = kv_layer;
  attention.k = attention.v = {};
  attention.k_norm = attention.v_norm = {};
}

// (√width · embedding + norm(projection · x / √d_model)) / √2. Dividing what is normed is
// multiplying its eps.
TokenInputsSpec read_token_inputs(ArchReader& reader, int64_t width, const ModelSpec& spec) {
  constexpr float kHalfRoot = 0.70710678f;
  const int64_t all = width * reader.n_layers();
  TokenInputsSpec inputs{.width = width};
  inputs.embedding = reader.matrix("per_layer_token_embd", spec.n_vocab, all);
  inputs.embedding_scale = std::sqrt(float(width)) * kHalfRoot;
  inputs.projection = reader.matrix("per_layer_model_proj", all, spec.d_model);
  inputs.norm = reader.norm("per_layer_proj_norm", width);
  inputs.norm.eps *= float(spec.d_model);
  inputs.norm.scale = kHalfRoot;
  return inputs;
}

TokenInputSpec read_token_input(ArchReader& reader, int layer, int64_t width) {
  return {.gate = reader.matrix(blk(layer, "inp_gate"), width, reader.d_model()),
          .projection = reader.matrix(blk(layer, "proj"), reader.d_model(), width),
          .post_norm = reader.norm(blk(layer, "post_norm"), reader.d_model())};
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
  constexpr int64_t kMostWidth = 1 << 16;
  const auto first_shared =
      reader.n_layers() -
      int(reader.integer("attention.shared_kv_layers", 0, reader.n_layers()).value_or(0));
  const int64_t input_width =
      reader.integer("embedding_length_per_layer_input", 0, kMostWidth).value_or(0);
  if (input_width > 0) spec.token_inputs = read_token_inputs(reader, input_width, spec);
  spec.embedding_scale = std::sqrt(float(spec.d_model));
  spec.logit_softcap = reader.number("final_logit_softcapping").value_or(0.0f);
  const int64_t window = reader.require_integer("attention.sliding_window", 1, int64_t{1} << 30);
  const std::vector<bool> windowed = reader.windowed_layers(6);
  const bool has_experts = reader.integer("expert_count", 0, 1 << 14).value_or(0) > 0;
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = read_attention(reader, i, windowed[size_t(i)] ? window : 0);
    if (i >= first_shared)
      share_cache(spec, i, attention, layer_to_share(windowed, i, first_shared));
    LayerSpec layer = gemma_layer(reader, i, std::move(attention));
    if (input_width > 0) layer.token_input = read_token_input(reader, i, input_width);
    if (has_experts) layer.ffn = read_ffn(reader, i, std::move(layer.ffn));
    layer.output_scale = reader.optional_vector(blk(i, "layer_output_scale.weight"), 1);
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

}  // namespace ridge::arch
