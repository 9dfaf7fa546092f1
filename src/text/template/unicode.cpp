#include "text/template/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace ridge::text {
namespace {

struct LongCase {
  char32_t code;
  const char* upper;
  const char* title;
};

constexpr LongCase kLongCases[] = {
#include "text/template/case_tables.inc"
};

constexpr char32_t kReplacement = 0xfffd;
constexpr char32_t kDottedCapitalI = 0x130;  // the one character with a long lower case

const LongCase* long_case(char32_t code) {
  const auto* it = std::lower_bound(std::begin(kLongCases), std::end(kLongCases), code,
                                    [](const LongCase& row, char32_t c) { return row.code < c; });
  return it != std::end(kLongCases) && it->code == code ? it : nullptr;
}

utf8proc_category_t category(char32_t code) {
  return utf8proc_category(utf8proc_int32_t(code));
}

bool between(char32_t code, char32_t low, char32_t high) {
  return code >= low && code <= high;
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

Char char_at(std::string_view text, size_t pos) {
  const auto first = static_cast<unsigned char>(text[pos]);
  if (first < 0x80) return {first, 1};
  utf8proc_int32_t code = 0;
  const auto length =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + pos,
                       utf8proc_ssize_t(std::min<size_t>(text.size() - pos, 4)), &code);
  if (length <= 0) return {kReplacement, 1};
  return {char32_t(code), size_t(length)};
}

size_t count_chars(std::string_view text) {
  if (is_ascii(text)) return text.size();
  size_t n = 0;
  for (size_t pos = 0; pos < text.size(); pos += char_at(text, pos).length) ++n;
  return n;
}

size_t byte_of_char(std::string_view text, size_t n) {
  if (is_ascii(text)) return std::min(n, text.size());
  size_t pos = 0;
  for (; n > 0 && pos < text.size(); --n) pos += char_at(text, pos).length;
  return pos;
}

void append_utf8(std::string& out, char32_t code) {
  std::array<utf8proc_uint8_t, 4> bytes;
  const auto length = utf8proc_encode_char(utf8proc_int32_t(code), bytes.data());
  if (length <= 0) return append_utf8(out, kReplacement);
  out.append(reinterpret_cast<const char*>(bytes.data()), size_t(length));
}

bool is_space(char32_t code) {
  if (code < 0x80) return between(code, 0x09, 0x0d) || between(code, 0x1c, 0x20);
  return code == 0x85 || code == 0xa0 || code == 0x1680 || between(code, 0x2000, 0x200a) ||
         code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

bool is_printable(char32_t code) {
  if (code < 0x7f) return code >= 0x20;
  switch (category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS:
      return false;
    default:
      return true;
  }
}

bool is_alpha(char32_t code) {
  const auto kind = category(code);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(char32_t code) {
  return category(code) == UTF8PROC_CATEGORY_ND;
}

bool is_digit(char32_t code) {
  if (is_decimal(code)) return true;
  return code == 0xb2 || code == 0xb3 || code == 0xb9 || code == 0x2070 ||
         between(code, 0x2074, 0x2079) || between(code, 0x2080, 0x2089) ||
         between(code, 0x2460, 0x2468) || between(code, 0x2474, 0x247c) ||
         between(code, 0x2488, 0x2490) || code == 0x24ea || between(code, 0x24f5, 0x24fd) ||
         code == 0x24ff || between(code, 0x2776, 0x277e) || between(code, 0x2780, 0x2788) ||
         between(code, 0x278a, 0x2792);
}

bool is_numeric(char32_t code) {
  const auto kind = category(code);
  return kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_NL ||
         kind == UTF8PROC_CATEGORY_NO;
}

bool is_upper(char32_t code) {
  return category(code) == UTF8PROC_CATEGORY_LU;
}
bool is_lower(char32_t code) {
  return category(code) == UTF8PROC_CATEGORY_LL || code == 0xaa || code == 0xba;
}
bool is_title(char32_t code) {
  return category(code) == UTF8PROC_CATEGORY_LT;
}

void append_upper(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += char(between(code, 'a', 'z') ? code - 0x20 : code);
  } else if (const LongCase* row = long_case(code)) {
    out += row->upper;
  } else {
    append_utf8(out, char32_t(utf8proc_toupper(utf8proc_int32_t(code))));
  }
}

void append_lower(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += char(between(code, 'A', 'Z') ? code + 0x20 : code);
  } else if (code == kDottedCapitalI) {
    out += "i\u0307";
  } else {
    append_utf8(out, char32_t(utf8proc_tolower(utf8proc_int32_t(code))));
  }
}

void append_title(std::string& out, char32_t code) {
  if (code < 0x80) return append_upper(out, code);
  if (const LongCase* row = long_case(code)) {
    out += row->title;
  } else {
    append_utf8(out, char32_t(utf8proc_totitle(utf8proc_int32_t(code))));
  }
}

void append_folded(std::string& out, char32_t code) {
  if (code < 0x80) return append_lower(out, code);
  std::array<utf8proc_int32_t, 8> folded;
  const auto n = utf8proc_decompose_char(utf8proc_int32_t(code), folded.data(), folded.size(),
                                         UTF8PROC_CASEFOLD, nullptr);
  if (n <= 0 || size_t(n) > folded.size()) return append_utf8(out, code);
  for (size_t i = 0; i < size_t(n); ++i) append_utf8(out, char32_t(folded[i]));
}

}  // namespace ridge::text
