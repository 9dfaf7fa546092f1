// exaone4: LG's EXAONE 4. Norms after every block and none before, over each head of Q and K. The
// large one has windows in three layers of four, and no rope in the fourth.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec exaone4(ArchReader& reader) {
  constexpr int64_t kDefaultPeriod = 4;  // every fourth layer is global
  ModelSpec spec = reader.model();
  reader.set_aside_prediction_layers(spec);
  const int64_t window =
      reader.integer("attention.sliding_window", 0, int64_t{1} << 30).value_or(0);
  const std::vector<bool> windowed = reader.windowed_layers(kDefaultPeriod);
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    reader.norm_heads(i, attention);
    if (window > 0 && windowed[size_t(i)]) attention.window = window;
    if (window > 0 && !windowed[size_t(i)]) attention.rope = {};
    spec.layers.push_back(reader.post_norm_layer(i, std::move(attention), FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
