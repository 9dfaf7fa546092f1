// gemma2: windowed and global layers by turns, soft caps on scores and logits, norms before and
// after every block, and a scaled embedding.
#include <cmath>

#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

constexpr int64_t kDefaultPeriod = 2;  // every second layer is global
constexpr int64_t kDefaultWindow = 4096;
constexpr float kDefaultScoreCap = 50.0f;
constexpr float kDefaultLogitCap = 30.0f;
constexpr int kLayersOf27B = 46;

// The 27B scales by d_model / n_heads (its query_pre_attn_scalar, 144) instead of the head size,
// and files say so only by their shape.
float attention_scale(const ArchReader& reader, const AttentionSpec& attention) {
  if (reader.n_layers() != kLayersOf27B) return attention.scale;
  return float(1.0 / std::sqrt(double(reader.d_model()) / double(attention.n_heads)));
}

}  // namespace

ModelSpec gemma2(ArchReader& reader) {
  ModelSpec spec = reader.model();
  spec.embedding_scale = std::sqrt(float(spec.d_model));
  spec.logit_softcap = reader.number("final_logit_softcapping").value_or(kDefaultLogitCap);
  const float score_cap = reader.number("attn_logit_softcapping").value_or(kDefaultScoreCap);
  const int64_t window =
      reader.integer("attention.sliding_window", 1, int64_t{1} << 30).value_or(kDefaultWindow);
  const std::vector<bool> windowed = reader.windowed_layers(kDefaultPeriod);

  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    attention.scale = attention_scale(reader, attention);
    attention.softcap = score_cap;
    if (windowed[size_t(i)]) {
      attention.window = window;
      attention.rope.base = reader.number("rope.freq_base_swa").value_or(attention.rope.base);
    }
    LayerSpec layer = reader.pre_norm_layer(i, std::move(attention), FfnActivation::kGeluTanh);
    layer.mixer_post_norm = reader.norm(blk(i, "post_attention_norm"), spec.d_model);
    layer.ffn_post_norm = reader.norm(blk(i, "post_ffw_norm"), spec.d_model);
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

}  // namespace ridge::arch
