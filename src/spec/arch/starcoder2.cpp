// starcoder2: StarCoder 2 and Granite Code of its shape. Layer norms with biases, biases
// everywhere, a feed-forward without a gate.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec starcoder2(ArchReader& reader) {
  reader.use_layer_norms();
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    spec.layers.push_back(reader.pre_norm_layer(i, reader.attention(i, RopePairs::kHalves),
                                                reader.ungated_ffn(i, FfnActivation::kGeluTanh)));
  }
  return spec;
}

}  // namespace ridge::arch
