#include "kv/kinds/kind.h"
#include "kv/pool.h"

namespace ridge {
namespace {

KvKindBytes& entry(std::vector<KvKindBytes>& kinds, const kv::Kind& kind) {
  const std::string name = kind.name();
  for (KvKindBytes& known : kinds) {
    if (known.kind == name) return known;
  }
  return kinds.emplace_back(KvKindBytes{.kind = name, .tokens_per_sequence = kind.reach()});
}

}  // namespace

std::vector<KvKindBytes> kv_bytes(const ModelSpec& spec, DType k_dtype, DType v_dtype) {
  std::vector<KvKindBytes> kinds;
  for (const LayerSpec& layer : spec.layers) {
    const std::unique_ptr<const kv::Kind> of_layer = kv::kind_of(layer);
    KvKindBytes& kind = entry(kinds, *of_layer);
    const kv::RowShape* row = of_layer->row();
    if (row != nullptr) kind.read_per_token += row->n_bytes(k_dtype, v_dtype);
    if (kv::shared_layer(layer)) continue;
    ++kind.n_layers;
    if (row != nullptr) kind.bytes_per_token += row->n_bytes(k_dtype, v_dtype);
    if (const kv::StateShape* state = of_layer->state()) {
      kind.bytes_per_sequence += state->n_bytes();
    }
  }
  return kinds;
}

}  // namespace ridge
