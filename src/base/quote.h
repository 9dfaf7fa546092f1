// Foreign text made safe to show: what a file or a request says may hold control bytes that a
// terminal would obey, and may be megabytes long.
#pragma once

#include <string>
#include <string_view>

namespace ridge {

// 'text' in single quotes; bytes outside printable ASCII as \xNN, unless the whole is valid UTF-8
// without control characters; cut after max_bytes with "…".
std::string in_quotes(std::string_view text, size_t max_bytes = 96);

}  // namespace ridge
