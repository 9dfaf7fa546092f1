#include "grammar/char_set.h"

#include <algorithm>

namespace ridge::grammar {
namespace {

constexpr char32_t kBeforeSurrogates = 0xd7ff;
constexpr char32_t kAfterSurrogates = 0xe000;

bool is_plain(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         c == ' ';
}

void append_class_member(std::string& out, char32_t c) {
  if (is_plain(c)) {
    out += char(c);
  } else {
    append_code_point_escape(out, c);
  }
}

std::vector<CodePointRange> gaps(const std::vector<CodePointRange>& ranges) {
  std::vector<CodePointRange> out;
  char32_t next = 0;
  for (const CodePointRange& range : ranges) {
    if (range.first > next) out.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLastCodePoint) out.push_back({next, kLastCodePoint});
  return out;
}

// Sorted, and what touches or overlaps joined.
std::vector<CodePointRange> joined(std::vector<CodePointRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<CodePointRange> out;
  for (const CodePointRange& range : ranges) {
    if (!out.empty() && range.first <= out.back().last + 1) {
      out.back().last = std::max(out.back().last, range.last);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

// Without what is in no set.
std::vector<CodePointRange> characters(const std::vector<CodePointRange>& ranges) {
  constexpr CodePointRange kCharacters[] = {{0, kBeforeSurrogates},
                                            {kAfterSurrogates, kFirstCountMark - 1},
                                            {kLastCodePoint, kLastCodePoint}};
  std::vector<CodePointRange> out;
  for (const CodePointRange& range : ranges) {
    for (const CodePointRange& some : kCharacters) {
      const CodePointRange both = {std::max(range.first, some.first),
                                   std::min(range.last, some.last)};
      if (both.first <= both.last) out.push_back(both);
    }
  }
  return out;
}

}  // namespace

CharSet::CharSet(std::vector<CodePointRange> ranges)
    : ranges_(characters(joined(std::move(ranges)))) {}

CharSet CharSet::of(std::string_view ascii) {
  std::vector<CodePointRange> ranges;
  for (const char c : ascii) ranges.push_back({char32_t(c), char32_t(c)});
  return CharSet(std::move(ranges));
}

CharSet CharSet::all() {
  return CharSet({{0, kLastCodePoint}});
}

bool CharSet::contains(char32_t code_point) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const CodePointRange& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

CharSet CharSet::united(const CharSet& other) const {
  std::vector<CodePointRange> ranges = ranges_;
  ranges.insert(ranges.end(), other.ranges_.begin(), other.ranges_.end());
  return CharSet(std::move(ranges));
}

CharSet CharSet::complement() const {
  return CharSet(gaps(ranges_));
}

CharSet CharSet::without(const CharSet& other) const {
  return complement().united(other).complement();
}

std::string CharSet::expression() const {
  std::string out = "[";
  for (const CodePointRange& range : ranges_) {
    append_class_member(out, range.first);
    if (range.last == range.first) continue;
    out += '-';
    append_class_member(out, range.last);
  }
  return out + "]";
}

void append_code_point_escape(std::string& out, char32_t code_point) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += "\\U";
  for (int shift = 28; shift >= 0; shift -= 4) out += kHex[(code_point >> shift) & 15];
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += char(c);
  } else if (c < 0x800) {
    out += char(0xc0 | (c >> 6));
    out += char(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += char(0xe0 | (c >> 12));
    out += char(0x80 | ((c >> 6) & 63));
    out += char(0x80 | (c & 63));
  } else {
    out += char(0xf0 | (c >> 18));
    out += char(0x80 | ((c >> 12) & 63));
    out += char(0x80 | ((c >> 6) & 63));
    out += char(0x80 | (c & 63));
  }
}

std::u32string code_points(std::string_view utf8) {
  std::u32string out;
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t c = n == 1 ? lead : lead & (0xffu >> (n + 1));
    for (size_t k = 1; k < n; ++k) c = (c << 6) | (static_cast<unsigned char>(utf8[i + k]) & 63);
    out += c;
    i += n;
  }
  return out;
}

}  // namespace ridge::grammar
