#include "base/strcat.h"
#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

class Window final : public Kind {
 public:
  Window(const RowShape& row, const AttentionWindow& window) : row_(row), window_(window) {}
  std::string name() const override {
    return cat(window_.rule == WindowRule::kChunks ? "chunks of " : "window ", window_.size);
  }
  int64_t first_seen(int64_t position) const override { return window_.first_seen(position); }
  int64_t reach() const override { return window_.size; }
  const RowShape* row() const override { return &row_; }

 private:
  RowShape row_;
  AttentionWindow window_;
};

}  // namespace

std::unique_ptr<const Kind> make_window(const RowShape& row, const AttentionWindow& window) {
  return std::make_unique<Window>(row, window);
}

}  // namespace ridge::kv
