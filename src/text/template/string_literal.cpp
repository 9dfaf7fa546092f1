#include "text/template/string_literal.h"

#include <charconv>

#include "base/error.h"
#include "text/template/lexer.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

bool append_simple(std::string& out, char c) {
  static constexpr std::string_view kNames = "\\'\"abfnrtv";
  static constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
  const size_t at = kNames.find(c);
  if (at == std::string_view::npos) return false;
  out += kMeanings[at];
  return true;
}

size_t hex_digits(char c) {
  return c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
}

// \x41, \u0041, \U00000041; returns how many characters after the letter it took.
size_t append_hex_escape(std::string& out, std::string_view rest, int line) {
  const size_t n = hex_digits(rest[0]);
  uint32_t code = 0;
  const std::string_view digits = rest.substr(1, n);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (digits.size() < n || end != digits.data() + n || error != std::errc{} || code > 0x10ffff) {
    fail_syntax(line, cat("the escape \\", rest.substr(0, n + 1), " is cut or out of range"));
  }
  if (code >= 0xd800 && code < 0xe000) {
    fail(ErrorCode::kUnsupported, "template line ", line, ": the escape \\", rest.substr(0, n + 1),
         " is half a character");
  }
  append_utf8(out, code);
  return n;
}

size_t append_octal(std::string& out, std::string_view rest) {
  uint32_t code = 0;
  size_t n = 0;
  for (; n < 3 && n < rest.size() && rest[n] >= '0' && rest[n] <= '7'; ++n) {
    code = code * 8 + uint32_t(rest[n] - '0');
  }
  append_utf8(out, code);
  return n;
}

}  // namespace

std::string unescape(std::string_view body, int line) {
  std::string out;
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\') {
      out += body[i];
      continue;
    }
    const std::string_view rest = body.substr(++i);
    const char c = rest.empty() ? '\0' : rest[0];
    if (rest.empty()) {
      fail_syntax(line, "a string ends in a backslash");
    } else if (hex_digits(c) > 0) {
      i += append_hex_escape(out, rest, line);
    } else if (c >= '0' && c <= '7') {
      i += append_octal(out, rest) - 1;
    } else if (c == 'N') {
      fail(ErrorCode::kUnsupported, "template line ", line, ": the escape \\N{…} is not supported");
    } else if (c != '\n' && !append_simple(out, c)) {
      out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace ridge::text
