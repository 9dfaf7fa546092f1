// The catalogues of data/ as JSON text, which is built into the program. Any thread.
#pragma once

#include <string_view>

namespace ridge::planner {

std::string_view builtin_models();
std::string_view builtin_hardware();
std::string_view builtin_calibration();
std::string_view builtin_prices();
std::string_view builtin_quality();

}  // namespace ridge::planner
