#include "base/strcat.h"
#include "kv/kinds/kind.h"

namespace ridge::kv {
namespace {

// A token at position p sees ⌊p / size⌋ · size … p.
class Chunks final : public Kind {
 public:
  explicit Chunks(int64_t size) : size_(size) {}
  std::string name() const override { return cat("chunks of ", size_); }
  int64_t first_seen(int64_t position) const override { return position / size_ * size_; }
  int64_t reach() const override { return size_; }

 private:
  int64_t size_;
};

}  // namespace

std::unique_ptr<const Kind> make_chunks(int64_t size) {
  return std::make_unique<Chunks>(size);
}

}  // namespace ridge::kv
