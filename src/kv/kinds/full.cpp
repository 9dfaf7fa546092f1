#include <utility>

#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

class Full final : public Kind {
 public:
  Full(const RowShape& row, std::string name) : row_(row), name_(std::move(name)) {}
  std::string name() const override { return name_; }
  int64_t first_seen(int64_t) const override { return 0; }
  int64_t reach() const override { return 0; }
  const RowShape* row() const override { return &row_; }

 private:
  RowShape row_;
  std::string name_;
};

}  // namespace

std::unique_ptr<const Kind> make_full(const RowShape& row, std::string name) {
  return std::make_unique<Full>(row, std::move(name));
}

}  // namespace ridge::kv
