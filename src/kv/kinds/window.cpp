#include <algorithm>

#include "base/strcat.h"
#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

// A token at position p sees p - window + 1 … p.
class Window final : public Kind {
 public:
  explicit Window(int64_t window) : window_(window) {}
  std::string name() const override { return cat("window ", window_); }
  int64_t first_seen(int64_t position) const override {
    return std::max<int64_t>(0, position - window_ + 1);
  }
  int64_t reach() const override { return window_; }

 private:
  int64_t window_;
};

}  // namespace

std::unique_ptr<const Kind> make_window(int64_t window) {
  return std::make_unique<Window>(window);
}

}  // namespace ridge::kv
