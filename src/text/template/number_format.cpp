#include "text/template/number_format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/strcat.h"
#include "text/template/string_ops.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

// printf with a precision: correctly rounded, as Python's.
std::string print_float(double value, int precision, char type, bool alternate) {
  const char format[] = {'%',
                         alternate ? '#' : '.',
                         alternate ? '.' : '*',
                         alternate ? '*' : type,
                         alternate ? type : '\0',
                         '\0'};
  std::string out(size_t(std::snprintf(nullptr, 0, format, precision, value)), '\0');
  std::snprintf(out.data(), out.size() + 1, format, precision, value);
  return out;
}

std::string upper_ascii(std::string text) {
  for (char& c : text) c = char(c >= 'a' && c <= 'z' ? c - 0x20 : c);
  return text;
}

}  // namespace

std::string float_digits(double magnitude, const FieldSpec& spec) {
  const char type = spec.type == '\0' || spec.type == 'n' ? 'g' : spec.type;
  const bool upper = type == 'E' || type == 'F' || type == 'G';
  if (std::isnan(magnitude)) return upper ? "NAN" : type == '%' ? "nan%" : "nan";
  if (std::isinf(magnitude)) return upper ? "INF" : type == '%' ? "inf%" : "inf";
  const int precision = std::min(spec.precision < 0 ? 6 : spec.precision, kMaxPrecision);
  if (type == '%') return print_float(magnitude * 100, precision, 'f', spec.alternate) + "%";
  const auto lower = char(type | 0x20);
  std::string out = print_float(magnitude, precision, lower, spec.alternate);
  return upper ? upper_ascii(std::move(out)) : out;
}

std::string int_digits(uint64_t magnitude, const FieldSpec& spec) {
  const auto type = char(spec.type | 0x20);
  const int base = type == 'x' ? 16 : type == 'o' ? 8 : type == 'b' ? 2 : 10;
  char digits[65];
  const auto end = std::to_chars(digits, digits + sizeof digits, magnitude, base).ptr;
  std::string out(digits, size_t(end - digits));
  if (spec.alternate && base != 10) out = cat("0", type, out);
  return spec.type == 'X' ? upper_ascii(std::move(out)) : out;
}

std::string with_grouping(std::string digits, const FieldSpec& spec) {
  if (spec.grouping == '\0') return digits;
  const bool decimal = spec.type != 'x' && spec.type != 'X' && spec.type != 'o' && spec.type != 'b';
  const size_t group = decimal ? 3 : 4;
  const size_t whole = std::min(digits.find_first_of(".e%"), digits.size());
  for (size_t at = whole; at > group;) {
    at -= group;
    digits.insert(at, 1, spec.grouping);
  }
  return digits;
}

std::string place_number(Runtime& rt, bool negative, std::string digits, const FieldSpec& spec) {
  const std::string sign = negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
  const int64_t room = spec.width - int64_t(digits.size() + sign.size());
  if (spec.align == '=') {
    return sign + pad(rt, {std::move(digits), {}}, {.left = room, .fill = spec.fill}).bytes;
  }
  FieldSpec placed = spec;
  if (placed.align == '\0') placed.align = '>';
  return place_text(rt, {sign + digits, {}}, placed).bytes;
}

Text place_text(Runtime& rt, const Text& text, const FieldSpec& spec) {
  const int64_t room = spec.width - int64_t(count_chars(text.bytes));
  if (room <= 0) return text;
  Padding padding{.fill = spec.fill};
  if (spec.align == '>') padding.left = room;
  if (spec.align == '^') padding.left = room / 2;
  padding.right = room - padding.left;
  return pad(rt, text, padding);
}

}  // namespace ridge::text
