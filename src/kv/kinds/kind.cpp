#include "kv/kinds/kind.h"

namespace ridge::kv {

std::unique_ptr<const Kind> kind_of(const LayerSpec& layer) {
  const auto& attention = std::get<AttentionSpec>(layer.mixer);
  return attention.window > 0 ? make_window(attention.window) : make_full();
}

}  // namespace ridge::kv
