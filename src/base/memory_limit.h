// How much more memory this process may take, and who says so: the machine (what is free or can be
// freed at once; swap does not count), the control groups it is in, its own limits (ulimit). Read
// anew on each call. Any thread; fails never: what the system does not tell limits nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

namespace ridge {

struct MemoryLimit {
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();
  int64_t n_bytes = kUnlimited;
  std::string by;  // "the machine", "the control group /user.slice", "ulimit -d"; empty: nobody
};

// The strictest. root: where /proc and /sys lie, for tests.
MemoryLimit memory_limit(const std::filesystem::path& root = "/");

}  // namespace ridge
