#include "kv/kinds/kind.h"
#include "kv/pool.h"

namespace ridge {
namespace {

int64_t layer_bytes_per_token(const LayerSpec& layer, DType k_dtype, DType v_dtype) {
  const auto* attention = std::get_if<AttentionSpec>(&layer.mixer);
  if (attention == nullptr) return 0;
  return attention->n_kv_heads *
         (row_bytes(k_dtype, attention->k_dim) + row_bytes(v_dtype, attention->v_dim));
}

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
    ++kind.n_layers;
    if (of_layer->state() != nullptr) kind.bytes_per_sequence += of_layer->state()->n_bytes();
    kind.bytes_per_token += layer_bytes_per_token(layer, k_dtype, v_dtype);
  }
  return kinds;
}

}  // namespace ridge
