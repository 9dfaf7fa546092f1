// Token ids as text: numbers between blanks, line feeds or commas, in brackets or not. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ridge::cli {

// Throws Error{kInvalidArgument} naming the first word that is no id.
std::vector<int32_t> parse_token_ids(std::string_view text);

// Throws Error{kInvalidArgument} naming the first id outside 0 … n_vocab-1.
void check_token_ids(std::span<const int32_t> ids, int64_t n_vocab);

}  // namespace ridge::cli
