// The one question about UTF-8 that folders without a Unicode library have.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace ridge {

// Offset of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7: no
// overlong forms, no surrogates, nothing above U+10FFFF); nullopt when all of it is.
std::optional<size_t> find_invalid_utf8(std::string_view text);

inline bool is_valid_utf8(std::string_view text) {
  return !find_invalid_utf8(text);
}

}  // namespace ridge
