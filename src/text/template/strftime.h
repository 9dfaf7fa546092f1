// Python's datetime.strftime for a naive local time.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

namespace ridge::text {

std::string format_time(const std::tm& time, std::string_view format);

}  // namespace ridge::text
