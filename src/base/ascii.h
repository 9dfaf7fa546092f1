// ASCII letters in text that may hold other bytes, which stay as they are. No locale.
#pragma once

#include <string>
#include <string_view>

namespace ridge {

inline std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  }
  return out;
}

}  // namespace ridge
