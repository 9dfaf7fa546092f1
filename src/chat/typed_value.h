// The value of a parameter that a model wrote as plain text, as JSON of the type that the tool's
// schema gives it.
#pragma once

#include <string>
#include <string_view>

#include "chat/tool.h"

namespace ridge::chat {

enum class ValueKind {
  kText,    // a string, whatever it looks like
  kJson,    // anything but a string
  kEither,  // what it looks like
};

// Of a name that the schema does not know: `otherwise`.
ValueKind value_kind(const Tool* tool, std::string_view parameter,
                     ValueKind otherwise = ValueKind::kText);

// JSON of the text; a string where it is no JSON of its own.
std::string json_of_text(ValueKind kind, std::string_view text);

std::string json_string(std::string_view text);

}  // namespace ridge::chat
