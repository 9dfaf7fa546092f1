// The line protocols of the probes: one JSON value a line in, one out, in order. A line that is bad
// gives {"error": …} and the work goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ui/output.h"

namespace ridge::cli {

enum class LineProtocol { kAllGood, kSomeBad };

// Whatever `answer` makes of each line: JSON text without a line feed. It may throw Error.
LineProtocol answer_lines(std::istream& in, Output& out,
                          const std::function<std::string(const std::string&)>& answer);

// Strings in, arrays of ids out.
LineProtocol encode_lines(std::istream& in, Output& out,
                          const std::function<std::vector<int32_t>(std::string_view)>& encode);

// Arrays of ids in, strings out; bytes that are not UTF-8 become U+FFFD. `decode` may throw Error.
LineProtocol decode_lines(std::istream& in, Output& out,
                          const std::function<std::string(const std::vector<int32_t>&)>& decode);

}  // namespace ridge::cli
