// The names that every template knows: range, namespace, dict, raise_exception, strftime_now,
// cycler, joiner, lipsum.
#pragma once

#include <optional>
#include <string_view>

#include "text/template/value.h"

namespace ridge::text {

// A new object for one render; nothing when there is no global of that name.
std::optional<Value> make_global(std::string_view name);

}  // namespace ridge::text
