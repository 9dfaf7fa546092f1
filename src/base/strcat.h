// cat(a, b, ...): strings and numbers joined. The core uses the standard library alone, and
// g++ 12 has no std::format.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace ridge {

inline void append(std::string& out, std::string_view text) { out += text; }
inline void append(std::string& out, char c) { out += c; }
inline void append(std::string& out, bool value) { out += value ? "true" : "false"; }

template <class Number>
  requires(std::integral<Number> || std::floating_point<Number>)
void append(std::string& out, Number value) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

template <class... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  (append(out, parts), ...);
  return out;
}

}  // namespace ridge
