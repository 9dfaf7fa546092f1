// llama: Llama 1-3, SmolLM2 and the many that share their shape. The converter permutes Q and K so
// that rope turns neighbouring pairs.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec llama(ArchReader& reader) {
  reader.expect("expert_count", 0);
  reader.expect("expert_used_count", 0);
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    spec.layers.push_back(reader.pre_norm_layer(i, reader.attention(i, RopePairs::kInterleaved),
                                                FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
