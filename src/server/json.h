// JSON as requests bring it: strict, bounded, and in the order it was written. The façade over
// nlohmann-json for this folder. Any thread.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace ridge::server {

using Json = nlohmann::ordered_json;

// Objects and lists in each other. Templates and schemas have bounds of their own, below this one.
inline constexpr int kMostJsonDepth = 128;

// Throws RequestError 400 for what is no JSON: invalid UTF-8, lone surrogates, numbers that no
// double holds, keys that occur twice in an object, nesting beyond kMostJsonDepth, anything after
// the end.
Json parse_json(std::string_view text);

// On one line, always valid UTF-8: foreign bytes are replaced.
std::string dump(const Json& json);

}  // namespace ridge::server
