#include "spec/arch/gemma.h"

#include <cmath>

namespace ridge::arch {

LayerSpec gemma_layer(ArchReader& reader, int layer, AttentionSpec attention) {
  LayerSpec spec = reader.pre_norm_layer(layer, std::move(attention), FfnActivation::kGeluTanh);
  spec.mixer_post_norm = reader.norm(blk(layer, "post_attention_norm"), reader.d_model());
  spec.ffn_post_norm = reader.norm(blk(layer, "post_ffw_norm"), reader.d_model());
  return spec;
}

float gemma_attention_scale(const ArchReader& reader, const AttentionSpec& attention,
                            int n_layers_of_27b) {
  if (reader.n_layers() != n_layers_of_27b) return attention.scale;
  return float(1.0 / std::sqrt(double(reader.d_model()) / double(attention.n_heads)));
}

}  // namespace ridge::arch
