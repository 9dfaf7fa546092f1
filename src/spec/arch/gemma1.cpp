// gemma: Gemma 1 and CodeGemma. Llama's blocks with GELU, heads of their own size and a scaled
// embedding.
#include <cmath>

#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec gemma1(ArchReader& reader) {
  ModelSpec spec = reader.model();
  spec.embedding_scale = std::sqrt(float(spec.d_model));
  for (int i = 0; i < reader.n_layers(); ++i) {
    spec.layers.push_back(reader.pre_norm_layer(i, reader.attention(i, RopePairs::kHalves),
                                                FfnActivation::kGeluTanh));
  }
  return spec;
}

}  // namespace ridge::arch
