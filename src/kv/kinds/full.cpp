#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

class Full final : public Kind {
 public:
  explicit Full(const RowShape& row) : row_(row) {}
  std::string name() const override { return "full"; }
  int64_t first_seen(int64_t) const override { return 0; }
  int64_t reach() const override { return 0; }
  const RowShape* row() const override { return &row_; }

 private:
  RowShape row_;
};

}  // namespace

std::unique_ptr<const Kind> make_full(const RowShape& row) {
  return std::make_unique<Full>(row);
}

}  // namespace ridge::kv
