// ernie4_5, ernie4_5-moe: Baidu's ERNIE 4.5. Llama's blocks; Q and K lie as the original has them,
// whose rope turns neighbouring pairs. From some layer on every n-th may have experts, which are
// chosen by softmax plus a learned bias and weighted without it, and one for all tokens.
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

ModelSpec ernie4_5_moe(ArchReader& reader) {
  ModelSpec spec = ernie4_5(reader);
  const int64_t n_dense = reader.require_integer("leading_dense_block_count", 0, reader.n_layers());
  const int64_t step = reader.require_integer("interleave_moe_layer_step", 1, 1024);
  reader.integer("expert_shared_count", 0, 256);  // what their width counts already
  for (int i = int(n_dense); i < reader.n_layers(); ++i) {
    if ((i + 1) % step != 0) continue;
    MoeFfnSpec moe = reader.moe_ffn(i, FfnActivation::kSilu, reader.expert_width(i));
    moe.normalise = true;
    if (reader.has_key("expert_shared_feed_forward_length")) {
      reader.add_shared_expert(i, moe, reader.shared_expert_width(i),
                               ArchReader::SharedGate::kNone);
    }
    spec.layers[size_t(i)].ffn = std::move(moe);
  }
  return spec;
}

}  // namespace ridge::arch
