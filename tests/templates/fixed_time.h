// The moment at which tools/reference/render_templates.py renders: Sunday 2025-03-09, 14:05:06.
#pragma once

#include <ctime>

namespace ridge::text {

inline std::tm fixed_time() {
  std::tm time{};
  time.tm_year = 2025 - 1900;
  time.tm_mon = 2;
  time.tm_mday = 9;
  time.tm_yday = 67;
  time.tm_hour = 14;
  time.tm_min = 5;
  time.tm_sec = 6;
  return time;
}

}  // namespace ridge::text
