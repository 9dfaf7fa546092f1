// Substring search in linear time whatever the needle: template texts are foreign input.
#pragma once

#include <cstddef>
#include <string_view>

namespace ridge::text {

// As std::string_view::find and rfind (of the whole text), npos when absent.
size_t find_bytes(std::string_view text, std::string_view needle, size_t from = 0);
size_t rfind_bytes(std::string_view text, std::string_view needle);

}  // namespace ridge::text
