#include "server/fill_in.h"

#include <array>

namespace ridge::server {
namespace {

struct Names {
  const char* prefix;
  const char* suffix;
  const char* middle;
};

// Prefix, suffix, then the middle is written: all of these families were trained in that order.
constexpr std::array<Names, 5> kFamilies{{
    {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"},  // Qwen, Granite 4
    {"<fim_prefix>", "<fim_suffix>", "<fim_middle>"},        // StarCoder, Granite
    {"<fim-prefix>", "<fim-suffix>", "<fim-middle>"},        // SantaCoder
    {"<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"},  // DeepSeek
    {"▁<PRE>", "▁<SUF>", "▁<MID>"},                          // Code Llama
}};

void append_text(const text::Tokenizer& tokenizer, std::string_view text,
                 std::vector<text::Token>& tokens) {
  const auto more = tokenizer.encode(text, text::SpecialTokens::kAsText);
  tokens.insert(tokens.end(), more.begin(), more.end());
}

}  // namespace

std::optional<FillInTokens> find_fill_in(const text::Tokenizer& tokenizer) {
  for (const Names& names : kFamilies) {
    const FillInTokens found{.prefix = tokenizer.find(names.prefix),
                             .suffix = tokenizer.find(names.suffix),
                             .middle = tokenizer.find(names.middle)};
    if (found.prefix >= 0 && found.suffix >= 0 && found.middle >= 0) return found;
  }
  return std::nullopt;
}

std::vector<text::Token> fill_in_prompt(const text::Tokenizer& tokenizer,
                                        const FillInTokens& special, std::string_view before,
                                        std::string_view after) {
  std::vector<text::Token> tokens;
  if (tokenizer.adds_bos() && tokenizer.bos() >= 0) tokens.push_back(tokenizer.bos());
  tokens.push_back(special.prefix);
  append_text(tokenizer, before, tokens);
  tokens.push_back(special.suffix);
  append_text(tokenizer, after, tokens);
  tokens.push_back(special.middle);
  return tokens;
}

}  // namespace ridge::server
