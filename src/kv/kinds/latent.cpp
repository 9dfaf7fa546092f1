#include "kv/kinds/kind.h"

namespace ridge::kv {

std::unique_ptr<const Kind> make_latent(int64_t latent_dim, int64_t rope_dim) {
  const RowShape row{
      .n_kv_heads = 1, .k_dim = latent_dim + rope_dim, .v_dim = latent_dim, .v_in_k = true};
  return make_full(row, "latent");
}

}  // namespace ridge::kv
