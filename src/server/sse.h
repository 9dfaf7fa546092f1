// Server-sent events and lines of JSON as text. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "server/json.h"

namespace ridge::server {

std::string sse_data(const Json& json);                          // data: {…}
std::string sse_event(std::string_view name, const Json& json);  // with its name before it
inline constexpr std::string_view kSseDone = "data: [DONE]\n\n";
inline constexpr std::string_view kSseComment = ": still here\n\n";
std::string json_line(const Json& json);

}  // namespace ridge::server
