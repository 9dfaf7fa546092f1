// olmo2: OLMo 2 and 3. Norms after every block and none before, over all of Q and all of K; OLMo 3
// has windows, and its windowed layers no scaled rope.
#include "spec/arch/list.h"

namespace ridge::arch {
namespace {

void see_window_only(ArchReader& reader, AttentionSpec& attention, int64_t window) {
  attention.window = window;
  attention.rope.base = reader.number("rope.freq_base_swa").value_or(attention.rope.base);
  attention.rope.scaling = {};
  attention.rope.magnitude = 1.0f;
}

}  // namespace

ModelSpec olmo2(ArchReader& reader) {
  constexpr int64_t kDefaultPeriod = 4;  // every fourth layer is global
  ModelSpec spec = reader.model();
  const int64_t window =
      reader.integer("attention.sliding_window", 0, int64_t{1} << 30).value_or(0);
  const std::vector<bool> windowed = reader.windowed_layers(kDefaultPeriod);
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kHalves);
    attention.q_norm = reader.norm(blk(i, "attn_q_norm"), attention.q.n_out);
    attention.k_norm = reader.norm(blk(i, "attn_k_norm"), attention.k.n_out);
    if (window > 0 && windowed[size_t(i)]) see_window_only(reader, attention, window);
    spec.layers.push_back(reader.post_norm_layer(i, std::move(attention), FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
