// qwen35: Qwen 3.5 and 3.6 without experts. The converter puts value heads in an order in which the
// key heads repeat.
#include "spec/arch/list.h"
#include "spec/arch/qwen_hybrid.h"

namespace ridge::arch {

ModelSpec qwen35(ArchReader& reader) {
  ModelSpec spec = reader.model();
  check_rope_sections(reader);
  add_qwen_hybrid_layers(reader, spec, KeyHeadOrder::kCyclic);
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    spec.layers[i].ffn = reader.dense_ffn(int(i), FfnActivation::kSilu);
  }
  add_qwen_prediction(reader, spec,
                      [&](int i) { return reader.dense_ffn(i, FfnActivation::kSilu); });
  return spec;
}

}  // namespace ridge::arch
