#include "text/tokenizer/end_of_generation.h"

namespace ridge::text {
namespace {

constexpr std::string_view kKnownEnds[] = {
    "<|im_end|>",             // ChatML: Qwen, SmolLM, …
    "<|eot_id|>",             // Llama 3
    "<|eom_id|>",             // Llama 3, before a tool call
    "<|eot|>",                // Llama 4
    "<|eom|>",                // Llama 4
    "<|end|>",                // Phi-3
    "<|endoftext|>",          // GPT-2, Qwen, Phi, …
    "<|end_of_text|>",        // Llama 3, Granite
    "<|return|>",             // gpt-oss
    "<|call|>",               // gpt-oss, before a tool call
    "<|calls|>",              // Solar
    "<|flush|>",              // Solar
    "<end_of_turn>",          // Gemma 2 and 3
    "<eos>",                  // Gemma
    "<turn|>",                // Gemma 4
    "<|tool_response>",       // Gemma 4, where the tool has to answer
    "<end_of_utterance>",     // SmolVLM, Docling
    "</s>",                   // Llama 2, Mistral
    "<EOT>",                  // Code Llama and others
    "<|EOT|>",                // DeepSeek Coder
    "[EOT]",                  // Kimi K2
    "[EOS]",                  // Kimi K2
    "[e~[",                   // MiniMax
    "<|END_OF_TURN_TOKEN|>",  // Command-R
    "<\xEF\xBD\x9C"
    "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>",  // DeepSeek
    "<|fim_pad|>",                                         // Qwen Coder: the hole is filled
    "<|repo_name|>",                                       // Qwen Coder: another repository begins
    "<|file_sep|>",                                        // Qwen Coder: another file begins
};

}  // namespace

std::vector<bool> find_ends_of_generation(const Vocabulary& vocabulary,
                                          const SpecialTokenMatcher& special) {
  std::vector<bool> ends(static_cast<size_t>(vocabulary.size()));
  const auto known = [&](std::string_view name) -> Token {
    const Token token = vocabulary.find(name);
    return token >= 0 && special.needs_trust(token) ? token : -1;
  };
  for (const std::string_view name : kKnownEnds) {
    if (const Token token = known(name); token >= 0) ends[static_cast<size_t>(token)] = true;
  }
  // Where a message ends without the answer being over, <|end|> is the end of a message.
  const bool messages = (known("<|return|>") >= 0 && known("<|call|>") >= 0) ||
                        (known("<|flush|>") >= 0 && known("<|calls|>") >= 0);
  if (const Token end = known("<|end|>"); messages && end >= 0) {
    ends[static_cast<size_t>(end)] = false;
  }
  for (const Token token : {vocabulary.eos, vocabulary.eot, vocabulary.eom}) {
    if (token >= 0) ends[static_cast<size_t>(token)] = true;
  }
  return ends;
}

}  // namespace ridge::text
