#include "chat/family.h"

#include <algorithm>
#include <array>

#include "base/strcat.h"
#include "chat/families/list.h"
#include "chat/typed_value.h"

namespace ridge::chat {
namespace {

struct Row {
  const Family& (*family)();
  // All of them stand in the template; none: only by name.
  std::array<std::string_view, 2> marks;
};

// The first whose marks are all there. Rows that would match another's template come later.
constexpr std::array kRows = {
    Row{harmony_family, {"<|channel|>", "<|message|>"}},
    Row{gemma_family, {"<|tool_call>", "call:"}},
    Row{function_gemma_family, {"<start_function_call>", "call:"}},
    Row{cohere_family, {"<|START_ACTION|>", "<|END_ACTION|>"}},
    Row{command_r_family, {"Action:\\n```json", "\"tool_name\": "}},
    Row{deepseek_v32_family, {"｜DSML｜", "function_calls>"}},
    Row{deepseek_v4_family, {"｜DSML｜", "tool_calls>"}},
    Row{deepseek_r1_family, {"<｜tool▁call▁begin｜>", "```json"}},
    Row{deepseek_family, {"<｜tool▁call▁begin｜>", "<｜tool▁sep｜>"}},
    Row{mistral_family, {"[TOOL_CALLS]", "[ARGS]"}},
    Row{mistral_list_family, {"[TOOL_CALLS]", ""}},
    Row{kimi_family, {"<|tool_call_begin|>", "<|tool_call_argument_begin|>"}},
    Row{minimax_family, {"<minimax:tool_call>", "<invoke name="}},
    Row{glm_flat_family, {"</arg_key><arg_value>", "<tool_call>"}},
    Row{glm_family, {"<arg_key>", "<arg_value>"}},
    Row{minicpm_family, {"<function name=", "<param name="}},
    Row{hunyuan_family, {"<tool_call{}>", "<arg_key{}>"}},
    Row{seed_oss_family, {"<seed:tool_call>", "<function="}},
    Row{qwen_xml_family, {"<function=", "<parameter="}},
    Row{functionary_family, {"<function=", "</function>"}},
    Row{lfm2_family, {"<|tool_call_start|>", ""}},
    Row{lfm2_family, {"<|tool_list_start|>", ""}},
    Row{lfm2_family, {"keep_past_thinking", "List of tools: ["}},
    Row{granite_family, {"<|tool_call|>", "available_tools"}},
    Row{nemotron_family, {"<TOOLCALL>", "</TOOLCALL>"}},
    Row{firefunction_family, {"functools[", ""}},
    Row{apriel_family, {"<tool_calls>[", "</tool_calls>"}},
    Row{minimax_m1_family, {"<tool_calls>\\n{", "</tool_calls>"}},
    Row{apertus_family, {"<|tools_prefix|>", "<|tools_suffix|>"}},
    Row{gigachat_family, {"<|function_call|>", "<|role_sep|>"}},
    Row{gigachat_message_family, {"function call", "<|role_sep|>"}},
    Row{hermes_family, {"<tool_call>", "</tool_call>"}},
    Row{llama_family, {"\"parameters\": ", "tool_calls"}},
    Row{generic_family, {"", ""}},
};

}  // namespace

std::string Family::written_call(std::string_view name, std::string_view arguments) const {
  return cat("<tool_call>\n{\"name\": ", json_string(name), ", \"arguments\": ", arguments,
             "}\n</tool_call>");
}

const Family& family_of(std::string_view chat_template) {
  const auto found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) {
    return std::all_of(row.marks.begin(), row.marks.end(), [&](std::string_view mark) {
      return chat_template.find(mark) != std::string_view::npos;
    });
  });
  return found->family();
}

const Family& family_of(const text::ChatTemplate& chat_template) {
  return family_of(chat_template.source());
}

const Family* find_family(std::string_view name) {
  const auto found = std::find_if(kRows.begin(), kRows.end(),
                                  [&](const Row& row) { return row.family().name() == name; });
  return found == kRows.end() ? nullptr : &found->family();
}

std::vector<std::string_view> family_names() {
  std::vector<std::string_view> out;
  for (const Row& row : kRows) {
    const std::string_view name = row.family().name();
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

}  // namespace ridge::chat
