// The escapes of a string literal, as Python's unicode-escape codec reads them.
#pragma once

#include <string>
#include <string_view>

namespace ridge::text {

// body: what stands between the quotes. Throws Error{kInvalidFile} for a broken escape.
std::string unescape(std::string_view body, int line);

}  // namespace ridge::text
