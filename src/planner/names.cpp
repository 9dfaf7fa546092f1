#include "planner/names.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/strcat.h"

namespace ridge::planner {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Letters to change, add or take away (Levenshtein 1966).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

size_t common_prefix(std::string_view a, std::string_view b) {
  return size_t(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

std::string name_key(std::string_view name) {
  const std::string lower = ascii_lower(name);
  std::string key;
  for (size_t i = 0; i < lower.size(); ++i) {
    const char c = lower[i];
    const bool point_inside = c == '.' && i > 0 && i + 1 < lower.size() && is_digit(lower[i - 1]) &&
                              is_digit(lower[i + 1]);
    if ((c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || point_inside) key += c;
  }
  return key;
}

std::vector<std::string> nearest_names(std::string_view wanted,
                                       std::span<const std::string> names) {
  constexpr size_t kSuggestions = 3;
  const std::string key = name_key(wanted);
  struct Near {
    double score;
    std::string name;
  };
  std::vector<Near> near;
  for (const std::string& name : names) {
    const std::string other = name_key(name);
    const size_t longest = std::max<size_t>(1, std::max(key.size(), other.size()));
    const size_t shared = common_prefix(key, other);
    const double score = double(distance(key, other)) - 0.5 * double(shared);
    const bool begins_alike = shared >= 4 || shared >= key.size();
    if (begins_alike || distance(key, other) * 3 <= longest) near.push_back({score, name});
  }
  std::ranges::stable_sort(near, {}, &Near::score);
  std::vector<std::string> found;
  for (const Near& n : near) {
    if (found.size() < kSuggestions) found.push_back(n.name);
  }
  return found;
}

std::string suggestion(std::string_view wanted, std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : nearest_names(wanted, names)) {
    text += cat(text.empty() ? "; there are " : ", ", name);
  }
  return text;
}

}  // namespace ridge::planner
