#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

class Latent final : public Kind {
 public:
  explicit Latent(const RowShape& row) : row_(row) {}
  std::string name() const override { return "latent"; }
  int64_t first_seen(int64_t) const override { return 0; }
  int64_t reach() const override { return 0; }
  const RowShape* row() const override { return &row_; }

 private:
  RowShape row_;
};

}  // namespace

std::unique_ptr<const Kind> make_latent(int64_t latent_dim, int64_t rope_dim) {
  return std::make_unique<Latent>(RowShape{
      .n_kv_heads = 1, .k_dim = latent_dim + rope_dim, .v_dim = latent_dim, .v_in_k = true});
}

}  // namespace ridge::kv
