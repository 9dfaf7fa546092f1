// cohere2: Command R7B and Command A. Layer norms, attention and feed-forward side by side; three
// layers with a window and rope for each one that sees all and has no rope; scaled logits.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec cohere2(ArchReader& reader) {
  constexpr int64_t kDefaultPeriod = 4;  // every fourth layer is global
  reader.use_layer_norms();
  ModelSpec spec = reader.model();
  spec.logit_scale = reader.require_positive("logit_scale");
  const int64_t window = reader.require_integer("attention.sliding_window", 1, int64_t{1} << 30);
  const std::vector<bool> windowed = reader.windowed_layers(kDefaultPeriod);

  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kInterleaved);
    if (windowed[size_t(i)]) {
      attention.window = window;
    } else {
      attention.rope = {};
    }
    DenseFfnSpec ffn = reader.dense_ffn(i, FfnActivation::kSilu);
    spec.layers.push_back(reader.parallel_layer(i, std::move(attention), std::move(ffn)));
  }
  return spec;
}

}  // namespace ridge::arch
