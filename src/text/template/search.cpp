#include "text/template/search.h"

#include <string>
#include <vector>

namespace ridge::text {
namespace {

// Up to here the standard library's search, quadratic in the worst case, is as good as linear.
constexpr size_t kShortNeedle = 64;

// Knuth, Morris, Pratt: fall[i] is the length of the longest proper border of needle[0, i].
size_t find_linear(std::string_view text, std::string_view needle, size_t from) {
  std::vector<size_t> fall(needle.size(), 0);
  for (size_t i = 1, k = 0; i < needle.size(); ++i) {
    while (k > 0 && needle[i] != needle[k]) k = fall[k - 1];
    if (needle[i] == needle[k]) ++k;
    fall[i] = k;
  }
  for (size_t i = from, k = 0; i < text.size(); ++i) {
    while (k > 0 && text[i] != needle[k]) k = fall[k - 1];
    if (text[i] == needle[k]) ++k;
    if (k == needle.size()) return i + 1 - k;
  }
  return std::string_view::npos;
}

}  // namespace

size_t find_bytes(std::string_view text, std::string_view needle, size_t from) {
  if (needle.size() <= kShortNeedle) return text.find(needle, from);
  if (from > text.size() || needle.size() > text.size() - from) return std::string_view::npos;
  return find_linear(text, needle, from);
}

size_t rfind_bytes(std::string_view text, std::string_view needle) {
  if (needle.size() <= kShortNeedle) return text.rfind(needle);
  const std::string mirrored_text(text.rbegin(), text.rend());
  const std::string mirrored_needle(needle.rbegin(), needle.rend());
  const size_t at = find_bytes(mirrored_text, mirrored_needle);
  return at == std::string_view::npos ? at : text.size() - at - needle.size();
}

}  // namespace ridge::text
