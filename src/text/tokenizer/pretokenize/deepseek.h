// Matchers of DeepSeek's tokenizers; see pretokenize/scan.h for what a matcher is.
#pragma once

#include "text/tokenizer/pretokenize/scan.h"

namespace ridge::text::scan {

size_t deepseek_cased_letters(std::string_view text, size_t begin);  // LLM: \s?[A-Za-zµÀ-…]+
size_t deepseek_llm_marks(std::string_view text, size_t begin);      // LLM: \s?[!-/:-~！-／…]+
size_t deepseek_wide_cjk(std::string_view text,
                         size_t begin);                    // LLM, Coder: [一-龥ࠀ-一가-퟿]+
size_t deepseek_cjk(std::string_view text, size_t begin);  // V3: [一-龥぀-ゟ゠-ヿ]+
size_t deepseek_v3_words(std::string_view text, size_t begin);

// LLM: \s+$, a stage and no matcher.
size_t deepseek_trailing_space(std::string_view text, size_t begin);

}  // namespace ridge::text::scan
