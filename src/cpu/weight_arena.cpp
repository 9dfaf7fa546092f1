#include "cpu/weight_arena.h"

namespace ridge::cpu {
namespace {

// Address space only: pages become memory when they are written.
constexpr size_t kMappingBytes = size_t{64} << 20;
constexpr size_t kLine = 64;

}  // namespace

WeightMemory WeightArena::allocate(size_t n_bytes, std::string_view purpose) {
  if (n_bytes > kMappingBytes) {
    return {std::make_shared<const MappedMemory>(n_bytes, purpose), 0, n_bytes};
  }
  if (!mapping_ || n_bytes > kMappingBytes - used_) {
    mapping_.reset();  // first give back, if nobody else holds it
    mapping_ = std::make_shared<const MappedMemory>(kMappingBytes, purpose);
    used_ = 0;
  }
  WeightMemory memory(mapping_, used_, n_bytes);
  used_ += (n_bytes + kLine - 1) / kLine * kLine;
  return memory;
}

}  // namespace ridge::cpu
