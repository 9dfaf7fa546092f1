// cat(a, b, ...): strings and numbers joined. The core uses the standard library alone, and
// g++ 12 has no std::format.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace ridge {

inline void append(std::string& out, std::string_view text) {
  out += text;
}
inline void append(std::string& out, const char* text) {
  out += text;
}
inline void append(std::string& out, std::same_as<char> auto c) {
  out += c;
}
inline void append(std::string& out, std::same_as<bool> auto value) {
  out += value ? "true" : "false";
}

template <class Number>
  requires((std::integral<Number> || std::floating_point<Number>) && !std::same_as<Number, char> &&
           !std::same_as<Number, bool>)
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
