// The time of day as records and APIs give it. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace ridge {

int64_t unix_time();  // now, in seconds
// RFC 3339 in UTC: "2026-11-22T07:00:00Z". Its first ten characters are the date.
std::string utc_time(int64_t seconds = unix_time());

}  // namespace ridge
