// JSON to template values. Strings become untrusted: JSON is what a user sends. Stateless.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "text/template/value.h"

namespace ridge::cli {

// Objects keep their order. Throws Error{kUnsupported} for nesting beyond text::kMaxValueDepth and
// for integers beyond 64 bits.
text::Value to_value(const nlohmann::ordered_json& json);

}  // namespace ridge::cli
