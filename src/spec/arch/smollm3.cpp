// smollm3: SmolLM3. As llama, but every fourth layer has no rope.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec smollm3(ArchReader& reader) {
  constexpr int kPeriod = 4;  // no key says it
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    AttentionSpec attention = reader.attention(i, RopePairs::kInterleaved);
    if (i % kPeriod == kPeriod - 1) attention.rope = {};
    spec.layers.push_back(reader.pre_norm_layer(i, std::move(attention), FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
