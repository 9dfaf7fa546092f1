// qwen3next: Qwen3-Next and Qwen3-Coder-Next. Value heads that share a key head are neighbours, and
// their betas and alphas come from one matrix.
#include "spec/arch/list.h"
#include "spec/arch/qwen_hybrid.h"

namespace ridge::arch {

ModelSpec qwen3next(ArchReader& reader) {
  ModelSpec spec = reader.model();
  add_qwen_hybrid_layers(reader, spec, KeyHeadOrder::kBlocks);
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    spec.layers[i].ffn = qwen_hybrid_moe(reader, int(i));
  }
  add_qwen_prediction(reader, spec, [&](int i) { return qwen_hybrid_moe(reader, i); });
  return spec;
}

}  // namespace ridge::arch
