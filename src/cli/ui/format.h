// Numbers and text as people read them. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ridge::cli {

std::string fixed(double value, int decimals);  // "12.50"
std::string significant(double value);          // three digits: "1.23", "12.3", "123", "1234"
std::string human_bytes(double n_bytes);        // decimal units: "98.4 MB"
std::string human_count(int64_t n);             // "1,117,320"
std::string human_seconds(double seconds);      // "0.12 s", "3 min 20 s"
std::string plural(int64_t n, std::string_view noun);  // "1 token", "2 tokens"

// Columns that UTF-8 text takes on a terminal, as near as counting characters gets.
size_t display_width(std::string_view text);
// At most `width` characters; what is cut ends with "…".
std::string shorten(std::string_view text, size_t width);
// Foreign text without the control characters that a terminal would obey (line feeds stay).
std::string printable(std::string_view text);

}  // namespace ridge::cli
