// phi2: Phi 1, 1.5 and 2. Layer norms with biases, biases everywhere, rope over a part of each
// head, attention and a feed-forward without a gate side by side.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec phi2(ArchReader& reader) {
  reader.use_layer_norms();
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    spec.layers.push_back(reader.parallel_layer(i, reader.attention(i, RopePairs::kHalves),
                                                reader.ungated_ffn(i, FfnActivation::kGeluTanh)));
  }
  return spec;
}

}  // namespace ridge::arch
