#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

class Full final : public Kind {
 public:
  std::string name() const override { return "full"; }
  int64_t first_seen(int64_t) const override { return 0; }
  int64_t reach() const override { return 0; }
};

}  // namespace

std::unique_ptr<const Kind> make_full() {
  return std::make_unique<Full>();
}

}  // namespace ridge::kv
