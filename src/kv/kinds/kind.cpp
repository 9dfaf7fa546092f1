#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

std::unique_ptr<const Kind> kind_of(const AttentionSpec& attention) {
  if (attention.window == 0) return make_full();
  return make_window({.size = int(attention.window),
                      .rule = attention.chunked ? WindowRule::kChunks : WindowRule::kSliding});
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

}  // namespace ridge::kv
