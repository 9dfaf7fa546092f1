#include "text/template/number_parse.h"

#include <charconv>
#include <limits>
#include <string>

#include "base/error.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) {
    return is_space(char32_t(static_cast<unsigned char>(c))) && c > 0;
  };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Underscores may stand between two digits; nothing where one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    const bool between = i > 0 && i + 1 < text.size() && text[i - 1] != '_' && text[i + 1] != '_';
    if (!between) return std::nullopt;
  }
  return out;
}

int base_of_prefix(std::string_view digits) {
  if (digits.size() < 2 || digits[0] != '0') return 0;
  const auto letter = char(digits[1] | 0x20);
  return letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
}

bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

}  // namespace

std::optional<int64_t> parse_int(std::string_view text, int base) {
  text = trimmed(text);
  const bool negative = take_sign(text);
  const int prefix = base_of_prefix(text);
  if (prefix != 0 && (base == 0 || base == prefix)) {
    text.remove_prefix(2);
    base = prefix;
  }
  if (base == 0) base = 10;
  if (base < 2 || base > 36) return std::nullopt;
  const auto digits = without_underscores(text);
  if (!digits || digits->empty() || (*digits)[0] == '-') return std::nullopt;
  uint64_t magnitude = 0;
  const char* const last = digits->data() + digits->size();
  const auto [end, error] = std::from_chars(digits->data(), last, magnitude, base);
  if (end != last) return std::nullopt;
  const uint64_t limit = uint64_t(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  if (error != std::errc{} || magnitude > limit) {
    fail(ErrorCode::kUnsupported, "an integer of the template does not fit into 64 bits");
  }
  return int64_t(negative ? 0 - magnitude : magnitude);
}

std::optional<double> parse_float(std::string_view text) {
  text = trimmed(text);
  const bool negative = take_sign(text);
  const auto digits = without_underscores(text);
  if (!digits || digits->empty() || (*digits)[0] == '-' || digits->find('(') != std::string::npos) {
    return std::nullopt;
  }
  double value = 0;
  const char* const last = digits->data() + digits->size();
  const auto [end, error] = std::from_chars(digits->data(), last, value);
  if (end != last || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too small becomes zero and too large infinity: the exponent's sign decides.
    value = digits->find("e-") != std::string::npos || digits->find("E-") != std::string::npos
                ? 0
                : std::numeric_limits<double>::infinity();
  }
  return negative ? -value : value;
}

}  // namespace ridge::text
