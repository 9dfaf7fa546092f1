// qwen3: dense Qwen 3. RMS norms over each head of Q and K, heads wider than d_model / n_heads.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec qwen3(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    reader.norm_heads(i, attention);
    spec.layers.push_back(reader.pre_norm_layer(i, std::move(attention), FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
