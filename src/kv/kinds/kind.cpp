#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

std::unique_ptr<const Kind> kind_of(const AttentionSpec& attention) {
  const RowShape row{
      .n_kv_heads = attention.n_kv_heads, .k_dim = attention.k_dim, .v_dim = attention.v_dim};
  if (attention.window == 0) return make_full(row);
  return make_window(row, {.size = int(attention.window),
                           .rule = attention.chunked ? WindowRule::kChunks : WindowRule::kSliding});
}

std::unique_ptr<const Kind> kind_of(const LatentAttentionSpec& attention) {
  return make_latent(attention.latent_dim, attention.rope.n_rotated);
}

std::unique_ptr<const Kind> kind_of(const DeltaNetSpec& net) {
  return make_recurrent({.n_inputs = net.n_taps - 1,
                         .n_channels = net.n_channels(),
                         .n_heads = net.n_v_heads,
                         .k_dim = net.k_dim,
                         .v_dim = net.v_dim});
}

std::unique_ptr<const Kind> kind_of(const ShortConvSpec& conv) {
  return make_recurrent({.n_inputs = conv.n_taps - 1, .n_channels = conv.d_model});
}

}  // namespace

std::unique_ptr<const Kind> kind_of(const LayerSpec& layer) {
  return std::visit([](const auto& mixer) { return kind_of(mixer); }, layer.mixer);
}

std::optional<int64_t> shared_layer(const LayerSpec& layer) {
  const auto* attention = std::get_if<AttentionSpec>(&layer.mixer);
  if (attention == nullptr || attention->kv_layer < 0) return std::nullopt;
  return attention->kv_layer;
}

}  // namespace ridge::kv
