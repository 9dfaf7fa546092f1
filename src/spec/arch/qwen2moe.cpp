// qwen2moe: Qwen 1.5 and 2 with experts. Biases on Q, K and V; scores as they are; a shared expert
// with a gate of its own.
#include "spec/arch/list.h"

namespace ridge::arch {

ModelSpec qwen2moe(ArchReader& reader) {
  ModelSpec spec = reader.model();
  for (int i = 0; i < reader.n_layers(); ++i) {
    MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kSilu, reader.expert_width(i));
    const int64_t d_shared = reader.shared_expert_width(i);
    reader.add_shared_expert(i, moe, d_shared, ArchReader::SharedGate::kSigmoid);
    spec.layers.push_back(
        reader.pre_norm_layer(i, reader.attention(i, RopePairs::kHalves), std::move(moe)));
  }
  return spec;
}

}  // namespace ridge::arch
