#include "spec/arch/list.h"

namespace ridge::arch {

std::span<const Architecture> architectures() {
  static constexpr Architecture kArchitectures[] = {
      {"dots1", dots1},           {"gemma3", gemma3},     {"glm4moe", glm4moe},
      {"gpt-oss", gpt_oss},       {"lfm2", lfm2},         {"llama", llama},
      {"minimax-m2", minimax_m2}, {"olmoe", olmoe},       {"qwen2", qwen2},
      {"qwen2moe", qwen2moe},     {"qwen3", qwen3},       {"qwen35", qwen35},
      {"qwen35moe", qwen35moe},   {"qwen3moe", qwen3moe}, {"qwen3next", qwen3next},
  };
  return kArchitectures;
}

}  // namespace ridge::arch
