// phi3: Phi 3, 3.5 and 4. Q, K and V in one tensor, gate and up in one, LongRoPE for long contexts,
// and a window in every layer of the short ones.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec phi3(ArchReader& reader) {
  ModelSpec spec = reader.model();
  const int64_t window =
      reader.integer("attention.sliding_window", 0, int64_t{1} << 30).value_or(0);
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    if (window < spec.context_length) attention.window = window;
    DenseFfnSpec ffn = reader.stacked_ffn(i, FfnActivation::kSilu);
    spec.layers.push_back(reader.pre_norm_layer(i, std::move(attention), std::move(ffn)));
  }
  return spec;
}

}  // namespace ridge::arch
