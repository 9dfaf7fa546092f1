#include "cli/ui/format.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/strcat.h"

namespace ridge::cli {
namespace {

bool is_continuation(char c) {
  return (uint8_t(c) & 0xc0) == 0x80;
}

}  // namespace

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string significant(double value) {
  const double size = std::abs(value);
  if (size >= 99.95 || size == 0) return fixed(value, 0);
  return fixed(value, size >= 9.995 ? 1 : 2);
}

std::string human_bytes(double n_bytes) {
  constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB"};
  size_t unit = 0;
  while (n_bytes >= 999.5 && unit + 1 < kUnits.size()) {
    n_bytes /= 1000;
    ++unit;
  }
  return cat(unit == 0 ? fixed(n_bytes, 0) : significant(n_bytes), " ", kUnits[unit]);
}

std::string human_count(int64_t n) {
  std::string digits = std::to_string(n);
  const size_t first = n < 0 ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string human_seconds(double seconds) {
  if (seconds < 60) return cat(significant(seconds), " s");
  const auto whole = int64_t(std::llround(seconds));
  if (whole < 3600) return cat(whole / 60, " min ", whole % 60, " s");
  return cat(whole / 3600, " h ", whole % 3600 / 60, " min");
}

std::string plural(int64_t n, std::string_view noun) {
  return cat(human_count(n), " ", noun, n == 1 ? "" : "s");
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (char c : text) width += is_continuation(c) ? 0 : 1;
  return width;
}

std::string shorten(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string out;
  size_t used = 0;
  for (char c : text) {
    if (!is_continuation(c) && ++used >= width) break;
    out += c;
  }
  return width == 0 ? std::string() : out + "…";
}

std::string printable(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool control = (uint8_t(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    out += control ? '?' : c;
  }
  return out;
}

}  // namespace ridge::cli
