// The CPU back end. Kernels come in levels ("generic", "avx2", "avx512_vnni", …): a table of
// function pointers is filled by generic and overwritten level by level up to what the CPU and the
// OS support.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.h"

namespace ridge::cpu {

struct Options {
  int n_threads = 0;  // 0: one per core that this process may use
  std::string isa;    // empty: the best this machine can; else the level to stop at
};

// Throws Error{kInvalidArgument} for a level that is unknown or that this machine lacks.
std::unique_ptr<Backend> make_backend(const Options& options = {});

struct Level {
  std::string_view name;
  bool supported;  // by this CPU and OS
};
std::vector<Level> levels();  // in overlay order

}  // namespace ridge::cpu
