#include "kv/kinds/kind.h"
#include "kv/pool.h"

namespace ridge {
namespace {

int64_t layer_bytes_per_token(const LayerSpec& layer, DType k_dtype, DType v_dtype) {
  const auto& attention = std::get<AttentionSpec>(layer.mixer);
  return attention.n_kv_heads *
         (row_bytes(k_dtype, attention.k_dim) + row_bytes(v_dtype, attention.v_dim));
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
    KvKindBytes& kind = entry(kinds, *kv::kind_of(layer));
    ++kind.n_layers;
    kind.bytes_per_token += layer_bytes_per_token(layer, k_dtype, v_dtype);
  }
  return kinds;
}

}  // namespace ridge
