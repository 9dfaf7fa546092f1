// The tokens that models of code have for a gap in a text: fill in the middle. Pure functions.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "text/tokenizer/tokenizer.h"

namespace ridge::server {

struct FillInTokens {
  text::Token prefix = -1, suffix = -1, middle = -1;
};
// By the names that families gave them; nullopt: this model has none.
std::optional<FillInTokens> find_fill_in(const text::Tokenizer& tokenizer);

std::vector<text::Token> fill_in_prompt(const text::Tokenizer& tokenizer,
                                        const FillInTokens& special, std::string_view before,
                                        std::string_view after);

}  // namespace ridge::server
