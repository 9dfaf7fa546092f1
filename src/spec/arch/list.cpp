#include "spec/arch/list.h"

namespace ridge::arch {

std::span<const Architecture> architectures() {
  static constexpr Architecture kArchitectures[] = {
      {"gemma3", gemma3},
      {"llama", llama},
      {"qwen2", qwen2},
      {"qwen3", qwen3},
  };
  return kArchitectures;
}

}  // namespace ridge::arch
