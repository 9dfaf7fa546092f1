#include "text/tokenizer/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>

namespace ridge::text {
namespace {

struct ClassRange {
  uint32_t first, last;
  CharClass classes;
};

// Code points of Unicode 15.1 and 16 that utf8proc 2.8 does not know, ascending. Made by
// tools/reference/unicode_ranges.py from what Oniguruma in Hugging Face tokenizers answers.
constexpr ClassRange kSinceUnicode15[] = {
    {0x897, 0x897, kMark},
    {0x1B4E, 0x1B4F, kPunctuation},
    {0x1B7F, 0x1B7F, kPunctuation},
    {0x1C89, 0x1C89, kUpper},
    {0x1C8A, 0x1C8A, kLower},
    {0x2427, 0x2429, kSymbol},
    {0x2FFC, 0x2FFF, kSymbol},
    {0x31E4, 0x31E5, kSymbol},
    {0x31EF, 0x31EF, kSymbol},
    {0xA7CB, 0xA7CC, kUpper},
    {0xA7CD, 0xA7CD, kLower},
    {0xA7DA, 0xA7DA, kUpper},
    {0xA7DB, 0xA7DB, kLower},
    {0xA7DC, 0xA7DC, kUpper},
    {0x105C0, 0x105F3, kCaseless},
    {0x10D40, 0x10D49, kNumber},
    {0x10D4A, 0x10D4F, kCaseless},
    {0x10D50, 0x10D65, kUpper},
    {0x10D69, 0x10D6D, kMark},
    {0x10D6E, 0x10D6E, kPunctuation},
    {0x10D6F, 0x10D6F, kCaseless},
    {0x10D70, 0x10D85, kLower},
    {0x10D8E, 0x10D8F, kSymbol},
    {0x10EC2, 0x10EC4, kCaseless},
    {0x10EFC, 0x10EFC, kMark},
    {0x11380, 0x11389, kCaseless},
    {0x1138B, 0x1138B, kCaseless},
    {0x1138E, 0x1138E, kCaseless},
    {0x11390, 0x113B5, kCaseless},
    {0x113B7, 0x113B7, kCaseless},
    {0x113B8, 0x113C0, kMark},
    {0x113C2, 0x113C2, kMark},
    {0x113C5, 0x113C5, kMark},
    {0x113C7, 0x113CA, kMark},
    {0x113CC, 0x113D0, kMark},
    {0x113D1, 0x113D1, kCaseless},
    {0x113D2, 0x113D2, kMark},
    {0x113D3, 0x113D3, kCaseless},
    {0x113D4, 0x113D5, kPunctuation},
    {0x113D7, 0x113D8, kPunctuation},
    {0x113E1, 0x113E2, kMark},
    {0x116D0, 0x116E3, kNumber},
    {0x11BC0, 0x11BE0, kCaseless},
    {0x11BE1, 0x11BE1, kPunctuation},
    {0x11BF0, 0x11BF9, kNumber},
    {0x11F5A, 0x11F5A, kMark},
    {0x13460, 0x143FA, kCaseless},
    {0x16100, 0x1611D, kCaseless},
    {0x1611E, 0x1612F, kMark},
    {0x16130, 0x16139, kNumber},
    {0x16D40, 0x16D6C, kCaseless},
    {0x16D6D, 0x16D6F, kPunctuation},
    {0x16D70, 0x16D79, kNumber},
    {0x18CFF, 0x18CFF, kCaseless},
    {0x1CC00, 0x1CCEF, kSymbol},
    {0x1CCF0, 0x1CCF9, kNumber},
    {0x1CD00, 0x1CEB3, kSymbol},
    {0x1E5D0, 0x1E5ED, kCaseless},
    {0x1E5EE, 0x1E5EF, kMark},
    {0x1E5F0, 0x1E5F0, kCaseless},
    {0x1E5F1, 0x1E5FA, kNumber},
    {0x1E5FF, 0x1E5FF, kPunctuation},
    {0x1F8B2, 0x1F8BB, kSymbol},
    {0x1F8C0, 0x1F8C1, kSymbol},
    {0x1FA89, 0x1FA89, kSymbol},
    {0x1FA8F, 0x1FA8F, kSymbol},
    {0x1FABE, 0x1FABE, kSymbol},
    {0x1FAC6, 0x1FAC6, kSymbol},
    {0x1FADC, 0x1FADC, kSymbol},
    {0x1FADF, 0x1FADF, kSymbol},
    {0x1FAE9, 0x1FAE9, kSymbol},
    {0x1FBCB, 0x1FBEF, kSymbol},
    {0x2EBF0, 0x2EE5D, kCaseless},
};

struct Range32 {
  uint32_t first, last;
};

// Script=Han, Unicode 16, from the same source.
constexpr Range32 kHan[] = {
    {0x2E80, 0x2E99},   {0x2E9B, 0x2EF3},   {0x2F00, 0x2FD5},   {0x3005, 0x3005},
    {0x3007, 0x3007},   {0x3021, 0x3029},   {0x3038, 0x303B},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xF900, 0xFA6D},   {0xFA70, 0xFAD9},   {0x16FE2, 0x16FE3},
    {0x16FF0, 0x16FF1}, {0x20000, 0x2A6DF}, {0x2A700, 0x2B739}, {0x2B740, 0x2B81D},
    {0x2B820, 0x2CEA1}, {0x2CEB0, 0x2EBE0}, {0x2EBF0, 0x2EE5D}, {0x2F800, 0x2FA1D},
    {0x30000, 0x3134A}, {0x31350, 0x323AF},
};

template <class Table>
auto find_range(const Table& table, uint32_t code) {
  const auto it = std::upper_bound(std::begin(table), std::end(table), code,
                                   [](uint32_t c, const auto& range) { return c < range.first; });
  if (it == std::begin(table) || code > std::prev(it)->last) return std::end(table);
  return std::prev(it);
}

bool is_wide_space(uint32_t c) {
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

CharClass wide_class(uint32_t code) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return kUpper;
    case UTF8PROC_CATEGORY_LL:
      return kLower;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return kCaseless;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return kMark;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return kNumber;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return kPunctuation;
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO:
      return kSymbol;
    case UTF8PROC_CATEGORY_CN: {
      const auto range = find_range(kSinceUnicode15, code);
      return range == std::end(kSinceUnicode15) ? kNone : range->classes;
    }
    default:
      return is_wide_space(code) ? kSpace : kNone;
  }
}

unsigned byte_at(std::string_view text, size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// Bytes that a lead byte announces (2 to 4), 0 for what cannot lead a character of several bytes.
uint32_t announced_length(unsigned lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// Second bytes are restricted where they would make an overlong form, a surrogate or a code point
// past U+10FFFF (Unicode 16, table 3-7).
bool is_second_byte(unsigned lead, unsigned byte) {
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return byte >= low && byte <= high;
}

// How many bytes of text[0 .. length) fit a character that starts with text[0].
uint32_t fitting_bytes(std::string_view text, uint32_t length) {
  uint32_t n = 1;
  while (n < length && n < text.size()) {
    const unsigned byte = byte_at(text, n);
    if (n == 1 ? !is_second_byte(byte_at(text, 0), byte) : (byte & 0xC0) != 0x80) break;
    ++n;
  }
  return n;
}

}  // namespace

Utf8Front utf8_front(std::string_view text) {
  using State = Utf8Front::State;
  if (text.empty()) return {};
  if (byte_at(text, 0) < 0x80) return {State::kWhole, 1};
  const uint32_t length = announced_length(byte_at(text, 0));
  if (length == 0) return {State::kMalformed, 1};
  const uint32_t fitting = fitting_bytes(text, length);
  if (fitting == length) return {State::kWhole, length};
  return {fitting == text.size() ? State::kCut : State::kMalformed, fitting};
}

Char detail::wide_char_at(std::string_view text, size_t position) {
  const std::string_view rest = text.substr(position, 4);
  const Utf8Front front = utf8_front(rest);
  if (front.state != Utf8Front::State::kWhole) return {kReplacement, 1, kSymbol};
  uint32_t code = byte_at(rest, 0) & (0x7Fu >> front.size);
  for (size_t i = 1; i < front.size; ++i) code = (code << 6) | (byte_at(rest, i) & 0x3Fu);
  return {code, front.size, wide_class(code)};
}

void append_utf8(std::string& out, uint32_t code) {
  utf8proc_uint8_t bytes[4];
  const auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
}

bool is_han(uint32_t code) {
  return find_range(kHan, code) != std::end(kHan);
}

namespace {

struct FreeDeleter {
  void operator()(void* p) const { std::free(p); }
};

void append_composed(std::string& out, std::string_view text) {
  utf8proc_uint8_t* composed = nullptr;
  const auto n = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                              static_cast<utf8proc_ssize_t>(text.size()), &composed,
                              static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, FreeDeleter> owner(composed);
  if (n < 0) {
    out += text;
  } else {
    out.append(reinterpret_cast<const char*>(composed), static_cast<size_t>(n));
  }
}

// Whether composition can change the character or join it to the one before. What joins is a mark
// or a Hangul jamo; what changes has a canonical decomposition, but that of Latin letters below
// U+0300 and of Hangul syllables leads back to themselves.
bool may_compose(Char c) {
  if (c.code < 0x300) return false;
  if (c.is(kMark) || (c.code >= 0x1100 && c.code <= 0x11FF)) return true;
  if (c.code >= 0xAC00 && c.code <= 0xD7A3) return false;
  const auto* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(c.code));
  return property->decomp_type == 0 && property->decomp_seqindex != UINT16_MAX;
}

}  // namespace

std::string to_nfc(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t copied = 0;
  size_t base = 0;  // where the last character that starts afresh begins
  for (size_t i = 0; i < text.size();) {
    const Char c = char_at(text, i);
    if (!may_compose(c)) {
      // Nothing composes with a malformed byte, and utf8proc does not take any.
      const bool malformed = c.code == kReplacement && c.size == 1;
      base = malformed ? i + 1 : i;
      i += c.size;
      continue;
    }
    size_t end = i;
    for (Char d = c; d.size != 0 && may_compose(d); d = char_at(text, end)) end += d.size;
    out += text.substr(copied, base - copied);
    append_composed(out, text.substr(base, end - base));
    copied = base = i = end;
  }
  out += text.substr(copied);
  return out;
}

}  // namespace ridge::text
