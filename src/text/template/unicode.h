// Characters as Python's str sees them. Malformed UTF-8 never fails: a byte that starts no
// character is a character of its own. Stateless; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ridge::text {

struct Char {
  char32_t code = 0;  // a stray byte counts as U+FFFD
  size_t length = 1;  // bytes
};

bool is_ascii(std::string_view text);
Char char_at(std::string_view text, size_t pos);
size_t count_chars(std::string_view text);
// Byte position of the n-th character; the size of the text when it has fewer.
size_t byte_of_char(std::string_view text, size_t n);
void append_utf8(std::string& out, char32_t code);

// Python's str.isspace, isprintable, … of one character.
bool is_space(char32_t code);
bool is_printable(char32_t code);
bool is_alpha(char32_t code);
bool is_decimal(char32_t code);
bool is_digit(char32_t code);
bool is_numeric(char32_t code);
bool is_upper(char32_t code);
bool is_lower(char32_t code);
bool is_title(char32_t code);

// Full case mappings, appended as UTF-8 ("ß" gives "SS").
void append_upper(std::string& out, char32_t code);
void append_lower(std::string& out, char32_t code);
void append_title(std::string& out, char32_t code);
void append_folded(std::string& out, char32_t code);

}  // namespace ridge::text
