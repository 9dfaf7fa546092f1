// The families, one function each. A family is added with its file, a line here and a row in
// src/chat/family.cpp.
#pragma once

#include "chat/family.h"

namespace ridge::chat {

const Family& apertus_family();
const Family& apriel_family();
const Family& cohere_family();
const Family& command_r_family();
const Family& deepseek_family();
const Family& deepseek_r1_family();
const Family& deepseek_v32_family();
const Family& deepseek_v4_family();
const Family& firefunction_family();
const Family& function_gemma_family();
const Family& functionary_family();
const Family& gemma_family();
const Family& generic_family();
const Family& gigachat_family();
const Family& gigachat_message_family();
const Family& glm_family();
const Family& glm_flat_family();
const Family& granite_family();
const Family& harmony_family();
const Family& hermes_family();
const Family& hunyuan_family();
const Family& kimi_family();
const Family& lfm2_family();
const Family& llama_family();
const Family& minicpm_family();
const Family& minimax_family();
const Family& minimax_m1_family();
const Family& mistral_family();
const Family& mistral_list_family();
const Family& nemotron_family();
const Family& qwen_xml_family();
const Family& seed_oss_family();

}  // namespace ridge::chat
