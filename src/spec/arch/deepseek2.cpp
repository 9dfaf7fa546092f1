// deepseek2: DeepSeek V2, V3 and R1, Kimi K2, GLM-4.7-Flash, Moonlight. Latent attention; the first
// layers are dense, the others choose experts, in some by sigmoid plus a learned bias and among the
// best groups alone, and add shared ones, which lie in one matrix.
#include <cmath>

#include "base/error.h"
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

constexpr int64_t kMaxWidth = 1 << 20;

// The original multiplies the scores by mscale(factor, mscale_all_dim)², and turning Q and K by
// mscale(factor, mscale) / mscale(factor, mscale_all_dim), mscale(f, m) being 1 + 0.1 m ln f. Files
// have 0.1 * mscale_all_dim; all models have mscale equal to it, so that the quotient is 1.
void add_yarn_scales(ArchReader& reader, LatentAttentionSpec& a) {
  const float tenth_of_all_dims = reader.number("rope.scaling.yarn_log_multiplier").value_or(0.0f);
  const auto* yarn = std::get_if<YarnSpec>(&a.rope.scaling);
  if (yarn == nullptr || yarn->factor <= 1.0f || tenth_of_all_dims == 0.0f) return;
  const float log_factor = std::log(yarn->factor);
  const float mscale = 1.0f + tenth_of_all_dims * log_factor;
  a.scale *= mscale * mscale;
  a.rope.magnitude /= 1.0f + 0.1f * log_factor;  // which YaRN would multiply by
}

// Sizes of heads. Until April 2025 key_length and value_length were theirs, since then they are
// those of what is cached.
void read_heads(ArchReader& reader, LatentAttentionSpec& a) {
  const bool is_split = reader.has_key("attention.key_length_mla");
  const char* k_key = is_split ? "attention.key_length_mla" : "attention.key_length";
  const char* v_key = is_split ? "attention.value_length_mla" : "attention.value_length";
  const int64_t k_dim = reader.require_integer(k_key, 1, kMaxWidth);
  a.v_dim = reader.require_integer(v_key, 1, kMaxWidth);
  a.rope = reader.rope(k_dim, RopePairs::kInterleaved);
  a.nope_dim = k_dim - a.rope.n_rotated;
  if (a.nope_dim < 1 || a.rope.n_rotated < 2) {
    fail(ErrorCode::kInvalidFile, reader.architecture(), ".rope.dimension_count is ",
         a.rope.n_rotated, " of heads of ", k_dim, "; some of a head must turn, and some not");
  }
  a.scale = float(1.0 / std::sqrt(double(k_dim)));
  add_yarn_scales(reader, a);
  reader.expect("attention.head_count_kv", is_split ? 1 : a.n_heads);
  if (!is_split) return;
  reader.expect("attention.key_length", a.row_dim());
  reader.expect("attention.value_length", a.latent_dim);
}

void add_matrices(ArchReader& reader, int layer, LatentAttentionSpec& a) {
  const auto name = [&](std::string_view stem) { return blk(layer, stem); };
  const int64_t q_rank = reader.integer("attention.q_lora_rank", 0, kMaxWidth).value_or(0);
  if (q_rank > 0) {
    a.q_a = reader.matrix(name("attn_q_a"), q_rank, reader.d_model());
    a.q_a_norm = reader.norm(name("attn_q_a_norm"), q_rank);
    a.q_b = reader.matrix(name("attn_q_b"), a.n_heads * a.k_dim(), q_rank);
  } else {
    a.q_b = reader.matrix(name("attn_q"), a.n_heads * a.k_dim(), reader.d_model());
  }
  a.kv_a = reader.matrix(name("attn_kv_a_mqa"), a.row_dim(), reader.d_model());
  a.latent_norm = reader.norm(name("attn_kv_a_norm"), a.latent_dim);
  a.output = reader.matrix(name("attn_output"), reader.d_model(), a.n_heads * a.v_dim);
  if (reader.has_key("attention.key_length_mla")) {
    a.k_b = reader.matrix(name("attn_k_b"), a.latent_dim, a.nope_dim);
    a.v_b = reader.matrix(name("attn_v_b"), a.v_dim, a.latent_dim);
    a.k_b.n_matrices = a.v_b.n_matrices = a.n_heads;
  } else {
    const int64_t n_rows = a.n_heads * (a.nope_dim + a.v_dim);
    a.kv_b = reader.matrix(name("attn_kv_b"), n_rows, a.latent_dim);
  }
}

LatentAttentionSpec latent_attention(ArchReader& reader, int layer) {
  LatentAttentionSpec a;
  a.n_heads = reader.layer_integer("attention.head_count", layer, 1, kMaxWidth);
  a.latent_dim = reader.require_integer("attention.kv_lora_rank", 1, kMaxWidth);
  read_heads(reader, a);
  add_matrices(reader, layer, a);
  return a;
}

MoeFfnSpec experts(ArchReader& reader, int layer) {
  const int64_t d_ff = reader.expert_width(layer);
  MoeFfnSpec moe = reader.moe_ffn(layer, FfnActivation::kSilu, d_ff);
  // GLM-4.7-Flash says nothing of its scores; only who chooses by sigmoid has a bias.
  if (!reader.has_key("expert_gating_func") && moe.router_bias) moe.score = ExpertScore::kSigmoid;
  const int64_t n_shared = reader.integer("expert_shared_count", 0, 256).value_or(0);
  if (n_shared > 0) {
    reader.add_shared_expert(layer, moe, n_shared * d_ff, ArchReader::SharedGate::kNone);
  }
  return moe;
}

}  // namespace

ModelSpec deepseek2(ArchReader& reader) {
  ModelSpec spec = reader.model();
  reader.set_aside_prediction_layers(spec);
  const int64_t n_dense =
      reader.integer("leading_dense_block_count", 0, reader.n_layers()).value_or(0);
  const auto layer = [&](int i) {
    FfnSpec ffn;
    if (i < n_dense) {
      ffn = reader.dense_ffn(i, FfnActivation::kSilu);
    } else {
      ffn = experts(reader, i);
    }
    return reader.pre_norm_layer(i, latent_attention(reader, i), std::move(ffn));
  };
  for (int i = 0; i < reader.n_layers(); ++i) spec.layers.push_back(layer(i));
  if (const auto i = reader.prediction_layer()) {
    spec.prediction = reader.prediction(*i, layer(*i), spec.n_vocab);
  }
  return spec;
}

}  // namespace ridge::arch
