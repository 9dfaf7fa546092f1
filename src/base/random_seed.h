// A seed for those who gave none: different each time. Not for secrets. Any thread.
#pragma once

#include <cstdint>
#include <random>

namespace ridge {

inline uint64_t random_seed() {
  std::random_device device;
  return uint64_t(device()) << 32 | device();
}

}  // namespace ridge
