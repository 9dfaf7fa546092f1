#include "base/quote.h"

#include <cstdint>

#include "base/utf8.h"

namespace ridge {
namespace {

bool is_control(char c) {
  return uint8_t(c) < 0x20 || c == 0x7f;
}

// C1 controls are U+0080 to U+009F, in UTF-8 c2 80 to c2 9f.
bool has_controls(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i])) return true;
    if (uint8_t(text[i]) == 0xc2 && i + 1 < text.size() && uint8_t(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

// The longest prefix of at most max_bytes that does not end inside a UTF-8 character.
std::string_view prefix(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && max_bytes - end < 3 && (uint8_t(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

void append_escaped(std::string& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  if (is_control(c) || uint8_t(c) >= 0x80) {
    out += {'\\', 'x', kHex[uint8_t(c) >> 4], kHex[uint8_t(c) & 15]};
  } else {
    out += c;
  }
}

}  // namespace

std::string in_quotes(std::string_view text, size_t max_bytes) {
  const std::string_view shown = prefix(text, max_bytes);
  std::string out = "'";
  if (is_valid_utf8(shown) && !has_controls(shown)) {
    out += shown;
  } else {
    for (const char c : shown) append_escaped(out, c);
  }
  if (shown.size() < text.size()) out += "…";
  out += '\'';
  return out;
}

}  // namespace ridge
