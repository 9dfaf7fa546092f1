// Filters and tests by name. A function takes the value before the bar and the arguments in
// parentheses; it throws Error{kInvalidArgument} where Python's raises.
#pragma once

#include <string_view>

#include "text/template/object.h"

namespace ridge::text {

using FilterFunction = Value (*)(Runtime& rt, const Value& input, const CallArgs& args);
using TestFunction = bool (*)(Runtime& rt, const Value& input, const CallArgs& args);

struct FilterEntry {
  std::string_view name;
  FilterFunction function;
};

// Null when there is none of that name.
FilterFunction find_filter(std::string_view name);
TestFunction find_test(std::string_view name);

}  // namespace ridge::text
