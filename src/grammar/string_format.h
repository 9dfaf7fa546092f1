// JSON Schema's `format` of strings as patterns of their shape (a date of 31 February has it).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ridge::grammar {

// A regular expression for the whole string; nullopt: a format of which nothing is known.
std::optional<std::string> format_pattern(std::string_view format);
// Formats that say how a value is used and nothing about its text (int32, password, …).
bool is_annotating_format(std::string_view format);

}  // namespace ridge::grammar
