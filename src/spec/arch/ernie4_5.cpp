// ernie4_5: Baidu's dense ERNIE 4.5. Llama's blocks; Q and K lie as the original has them, whose
// rope turns neighbouring pairs.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec ernie4_5(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    spec.layers.push_back(reader.pre_norm_layer(i, reader.attention(i, RopePairs::kInterleaved),
                                                FfnActivation::kSilu));
  }
  return spec;
}

}  // namespace ridge::arch
