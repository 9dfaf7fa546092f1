// granite and granitemoe: IBM Granite 3 and later without state-space layers. As llama, with scales
// on embedding, residuals, scores and logits; with experts, perhaps a shared one.
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

FfnSpec feed_forward(ArchReader& reader, int layer, bool is_mixture) {
  if (!is_mixture) return reader.dense_ffn(layer, FfnActivation::kSilu);
  MoeFfnSpec moe = reader.moe_ffn(layer, FfnActivation::kSilu, reader.ffn_width(layer));
  moe.normalise = true;
  if (reader.integer("expert_shared_feed_forward_length", 0, 1 << 20).value_or(0) > 0) {
    reader.add_shared_expert(layer, moe, reader.shared_expert_width(layer),
                             ArchReader::SharedGate::kNone);
  }
  return moe;
}

float scale_or_one(ArchReader& reader, std::string_view key) {
  return reader.has_key(key) ? reader.require_positive(key) : 1.0f;
}

}  // namespace

ModelSpec granite(ArchReader& reader) {
  constexpr int64_t kMostExperts = 1 << 14;
  const bool is_mixture = reader.integer("expert_count", 0, kMostExperts).value_or(0) > 0;
  if (!is_mixture) reader.expect("expert_used_count", 0);
  ModelSpec spec = reader.model();
  spec.embedding_scale = scale_or_one(reader, "embedding_scale");
  spec.residual_scale = scale_or_one(reader, "residual_scale");
  spec.logit_scale = 1.0f / reader.require_positive("logit_scale");
  // Its files use this key to say whether there is rope at all.
  const bool has_rope =
      reader.architecture() != "granite" || reader.flag("rope.scaling.finetuned").value_or(true);
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kInterleaved);
    if (!has_rope) attention.rope = {};
    spec.layers.push_back(
        reader.pre_norm_layer(i, std::move(attention), feed_forward(reader, i, is_mixture)));
  }
  return spec;
}

}  // namespace ridge::arch
