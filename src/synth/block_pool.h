// BlockPool: hundreds of random blocks of a tensor type whose values are normal with a given
// deviation. A tensor of any size is random picks of them, which fills gigabytes as fast as memory
// can be written, and every block is one that a quantizer could have made. Types without a
// reference encoder get random bits under a fitting scale. Immutable; any thread may fill from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.h"
#include "base/thread_pool.h"
#include "tensor/dtype.h"

namespace ridge {

class BlockPool {
 public:
  BlockPool(DType dtype, float deviation, uint64_t seed, ThreadPool& pool);

  // Bytes that are picked together; whole blocks.
  size_t unit_bytes() const { return unit_bytes_; }
  // destination may end within a unit.
  void fill(std::span<std::byte> destination, Rng rng) const;

 private:
  size_t unit_bytes_;
  std::vector<std::byte> units_;
};

// Standard normal numbers times `deviation`.
void fill_normal(std::span<float> values, Rng& rng, float deviation);

}  // namespace ridge
