#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

class Recurrent final : public Kind {
 public:
  explicit Recurrent(const StateShape& shape) : shape_(shape) {}
  std::string name() const override { return "recurrent"; }
  int64_t first_seen(int64_t position) const override { return position; }
  int64_t reach() const override { return 0; }
  const StateShape* state() const override { return &shape_; }

 private:
  StateShape shape_;
};

}  // namespace

std::unique_ptr<const Kind> make_recurrent(const StateShape& shape) {
  return std::make_unique<Recurrent>(shape);
}

}  // namespace ridge::kv
