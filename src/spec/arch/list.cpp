#include "spec/arch/list.h"

namespace ridge::arch {

std::span<const Architecture> architectures() {
  static constexpr Architecture kArchitectures[] = {
      {"bailingmoe2", bailingmoe2},
      {"cohere2", cohere2},
      {"command-r", command_r},
      {"deepseek2", deepseek2},
      {"dots1", dots1},
      {"ernie4_5", ernie4_5},
      {"ernie4_5-moe", ernie4_5_moe},
      {"exaone4", exaone4},
      {"gemma", gemma1},
      {"gemma2", gemma2},
      {"gemma3", gemma3},
      {"gemma4", gemma4},
      {"glm4", glm4},
      {"glm4moe", glm4moe},
      {"gpt-oss", gpt_oss},
      {"granite", granite},
      {"granitemoe", granite},
      {"hunyuan-dense", hunyuan_dense},
      {"hunyuan-moe", hunyuan_moe},
      {"lfm2", lfm2},
      {"lfm2moe", lfm2moe},
      {"llama", llama},
      {"llama4", llama4},
      {"minimax-m2", minimax_m2},
      {"mistral3", mistral3},
      {"olmo2", olmo2},
      {"olmoe", olmoe},
      {"phi2", phi2},
      {"phi3", phi3},
      {"qwen2", qwen2},
      {"qwen2moe", qwen2moe},
      {"qwen3", qwen3},
      {"qwen35", qwen35},
      {"qwen35moe", qwen35moe},
      {"qwen3moe", qwen3moe},
      {"qwen3next", qwen3next},
      {"seed_oss", seed_oss},
      {"smollm3", smollm3},
      {"stablelm", stablelm},
      {"starcoder2", starcoder2},
  };
  return kArchitectures;
}

}  // namespace ridge::arch
