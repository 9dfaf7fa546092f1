// qwen35moe: Qwen 3.5 and 3.6 with experts in every layer.
#include "spec/arch/list.h"
#include "spec/arch/qwen_hybrid.h"

namespace ridge::arch {

ModelSpec qwen35moe(ArchReader& reader) {
  ModelSpec spec = reader.model();
  check_rope_sections(reader);
  add_qwen_hybrid_layers(reader, spec, KeyHeadOrder::kCyclic);
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    spec.layers[i].ffn = qwen_hybrid_moe(reader, int(i));
  }
  add_qwen_prediction(reader, spec, [&](int i) { return qwen_hybrid_moe(reader, i); });
  return spec;
}

}  // namespace ridge::arch
