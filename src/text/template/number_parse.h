// Numbers in strings, as Python's int() and float() read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ridge::text {

// Nothing where Python raises ValueError. Throws Error{kUnsupported} beyond 64 bits.
std::optional<int64_t> parse_int(std::string_view text, int base);
std::optional<double> parse_float(std::string_view text);

}  // namespace ridge::text
