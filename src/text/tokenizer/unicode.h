// Characters of UTF-8 text and their Unicode classes, as the pre-tokenizers ask for them. A byte
// that is not part of well-formed UTF-8 is a character of its own: U+FFFD in class, one byte long,
// and never lost. Classes follow Unicode 16, which the current originals use: utf8proc's tables
// (15) plus the code points assigned since. Stateless, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ridge::text {

// A set of classes; one character has one of the first six, or kNone (controls, unassigned), and
// whitespace besides.
using CharClass = uint16_t;
inline constexpr CharClass kNone = 0;
inline constexpr CharClass kUpper = 1 << 0;     // Lu, Lt
inline constexpr CharClass kLower = 1 << 1;     // Ll
inline constexpr CharClass kCaseless = 1 << 2;  // Lm, Lo
inline constexpr CharClass kMark = 1 << 3;
inline constexpr CharClass kNumber = 1 << 4;
inline constexpr CharClass kPunctuation = 1 << 5;
inline constexpr CharClass kSymbol = 1 << 6;
inline constexpr CharClass kSpace = 1 << 7;    // White_Space, newlines too
inline constexpr CharClass kNewline = 1 << 8;  // CR and LF
inline constexpr CharClass kLetter = kUpper | kLower | kCaseless;

struct Char {
  uint32_t code = 0;
  uint32_t size = 0;  // bytes
  CharClass classes = kNone;

  bool is(CharClass any_of) const { return (classes & any_of) != 0; }
};

inline constexpr uint32_t kReplacement = 0xFFFD;
inline constexpr std::string_view kReplacementText = "\xEF\xBF\xBD";

namespace detail {

constexpr CharClass ascii_class(unsigned c) {
  if (c == '\n' || c == '\r') return kSpace | kNewline;
  if (c == ' ' || (c >= 0x09 && c <= 0x0C)) return kSpace;
  if (c >= '0' && c <= '9') return kNumber;
  if (c >= 'A' && c <= 'Z') return kUpper;
  if (c >= 'a' && c <= 'z') return kLower;
  if (c < 0x20 || c == 0x7F) return kNone;
  constexpr std::string_view symbols = "$+<=>^`|~";
  return symbols.find(static_cast<char>(c)) != symbols.npos ? kSymbol : kPunctuation;
}

constexpr auto ascii_classes() {
  std::array<CharClass, 128> table{};
  for (unsigned c = 0; c < 128; ++c) table[c] = ascii_class(c);
  return table;
}

inline constexpr std::array<CharClass, 128> kAsciiClasses = ascii_classes();

Char wide_char_at(std::string_view text, size_t position);

}  // namespace detail

// The character that starts at text[position]; size 0 and kNone past the end.
inline Char char_at(std::string_view text, size_t position) {
  if (position >= text.size()) return {};
  const auto byte = static_cast<unsigned char>(text[position]);
  if (byte < 0x80) return {byte, 1, detail::kAsciiClasses[byte]};
  return detail::wide_char_at(text, position);
}

// What a text starts with: a whole character, one that needs more bytes than there are
// ("\xE2\x82"), or bytes that no character starts with; size 0 when the text is empty.
struct Utf8Front {
  enum class State { kWhole, kCut, kMalformed };
  State state = State::kCut;
  uint32_t size = 0;
};
Utf8Front utf8_front(std::string_view text);

void append_utf8(std::string& out, uint32_t code);
bool is_han(uint32_t code);  // the script Han, symbols and numerals included

// Canonical composition of the well-formed stretches; other bytes stay as they are.
std::string to_nfc(std::string_view text);

}  // namespace ridge::text
