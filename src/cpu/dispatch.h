// Chooses kernels: the table of levels, and a KernelTable filled up to one of them. Pure; any
// thread.
#pragma once

#include <span>
#include <string_view>

#include "cpu/kernels/kernel_table.h"

namespace ridge::cpu {

struct LevelRow {
  std::string_view name;
  bool (*supported)();            // by this CPU and this operating system
  void (*install)(KernelTable&);  // overwrites what the level does better
};
std::span<const LevelRow> level_table();  // in overlay order; [0] is generic

struct ChosenKernels {
  std::string_view level;
  KernelTable table;
};
// isa empty: the best supported level. Throws Error{kInvalidArgument} as make_backend() does.
ChosenKernels choose_kernels(std::string_view isa);

}  // namespace ridge::cpu
