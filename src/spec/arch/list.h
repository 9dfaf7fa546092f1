// The architectures: one file and one row each.
#pragma once

#include <span>
#include <string_view>

#include "spec/arch/reader.h"
#include "spec/spec.h"

namespace ridge::arch {

ModelSpec llama(ArchReader& reader);
ModelSpec qwen2(ArchReader& reader);
ModelSpec qwen3(ArchReader& reader);
ModelSpec gemma3(ArchReader& reader);
ModelSpec qwen2moe(ArchReader& reader);
ModelSpec qwen3moe(ArchReader& reader);
ModelSpec olmoe(ArchReader& reader);
ModelSpec dots1(ArchReader& reader);
ModelSpec gemma4(ArchReader& reader);
ModelSpec llama4(ArchReader& reader);
ModelSpec gpt_oss(ArchReader& reader);
ModelSpec glm4moe(ArchReader& reader);
ModelSpec minimax_m2(ArchReader& reader);
ModelSpec qwen3next(ArchReader& reader);
ModelSpec qwen35(ArchReader& reader);
ModelSpec qwen35moe(ArchReader& reader);
ModelSpec hunyuan_dense(ArchReader& reader);
ModelSpec hunyuan_moe(ArchReader& reader);
ModelSpec lfm2(ArchReader& reader);
ModelSpec lfm2moe(ArchReader& reader);
ModelSpec seed_oss(ArchReader& reader);
ModelSpec ernie4_5(ArchReader& reader);
ModelSpec ernie4_5_moe(ArchReader& reader);
ModelSpec glm4(ArchReader& reader);
ModelSpec gemma2(ArchReader& reader);
ModelSpec cohere2(ArchReader& reader);
ModelSpec command_r(ArchReader& reader);
ModelSpec phi2(ArchReader& reader);
ModelSpec phi3(ArchReader& reader);
ModelSpec mistral3(ArchReader& reader);
ModelSpec granite(ArchReader& reader);
ModelSpec olmo2(ArchReader& reader);
ModelSpec smollm3(ArchReader& reader);
ModelSpec starcoder2(ArchReader& reader);
ModelSpec deepseek2(ArchReader& reader);
ModelSpec gemma1(ArchReader& reader);
ModelSpec exaone4(ArchReader& reader);
ModelSpec stablelm(ArchReader& reader);
ModelSpec bailingmoe2(ArchReader& reader);

struct Architecture {
  std::string_view name;  // general.architecture
  ModelSpec (*build)(ArchReader& reader);
};
std::span<const Architecture> architectures();

}  // namespace ridge::arch
