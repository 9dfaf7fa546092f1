// llama: Llama 1-3, SmolLM2 and the many that share their shape; with experts, Mixtral. The
// converter permutes Q and K so that rope turns neighbouring pairs.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec llama(ArchReader& reader) {
  constexpr int64_t kMostExperts = 1 << 14;
  const bool is_mixture = reader.integer("expert_count", 0, kMostExperts).value_or(0) > 0;
  if (!is_mixture) reader.expect("expert_used_count", 0);
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    LayerSpec layer = reader.pre_norm_layer(i, reader.attention(i, RopePairs::kInterleaved),
                                            FfnActivation::kSilu);
    if (is_mixture) {
      MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kSilu, reader.ffn_width(i));
      moe.normalise = true;
      layer.ffn = std::move(moe);
    }
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

}  // namespace ridge::arch
