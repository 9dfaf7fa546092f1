#include "text/template/string_ops.h"

#include <algorithm>

#include "text/template/search.h"
#include "text/template/unicode.h"

namespace ridge::text {
namespace {

constexpr size_t npos = std::string_view::npos;
constexpr char32_t kCapitalSigma = 0x3a3;

bool is_cased(char32_t code) {
  return is_upper(code) || is_lower(code) || is_title(code);
}

// A capital sigma becomes a final one at the end of a word.
bool is_final_sigma(std::string_view text, size_t pos, bool after_letter) {
  const size_t next = pos + char_at(text, pos).length;
  return after_letter && (next >= text.size() || !is_alpha(char_at(text, next).code));
}

void append_lower_at(std::string& out, std::string_view text, size_t pos, bool after_letter) {
  const char32_t code = char_at(text, pos).code;
  if (code == kCapitalSigma && is_final_sigma(text, pos, after_letter)) {
    out += "\u03c2";
  } else {
    append_lower(out, code);
  }
}

void append_mapped(std::string& out, std::string_view text, size_t pos, CaseMap map,
                   bool after_letter) {
  const char32_t code = char_at(text, pos).code;
  switch (map) {
    case CaseMap::kUpper:
      return append_upper(out, code);
    case CaseMap::kLower:
      return append_lower_at(out, text, pos, after_letter);
    case CaseMap::kTitle:
      return after_letter ? append_lower_at(out, text, pos, true) : append_title(out, code);
    case CaseMap::kCapitalize:
      return pos > 0 ? append_lower_at(out, text, pos, after_letter) : append_title(out, code);
    case CaseMap::kSwap:
      if (is_upper(code)) return append_lower_at(out, text, pos, after_letter);
      return is_lower(code) ? append_upper(out, code) : append_utf8(out, code);
    case CaseMap::kFold:
      return append_folded(out, code);
  }
}

bool opens_word(char32_t code) {
  return is_space(code) || code == '-' || code == '(' || code == '{' || code == '[' || code == '<';
}

bool is_line_end(char32_t code) {
  return (code >= 0x0a && code <= 0x0d) || (code >= 0x1c && code <= 0x1e) || code == 0x85 ||
         code == 0x2028 || code == 0x2029;
}

// Start of the character that ends at `end`.
size_t char_before(std::string_view text, size_t end) {
  for (size_t length = std::min<size_t>(4, end); length > 1; --length) {
    if (char_at(text, end - length).length == length) return end - length;
  }
  return end - 1;
}

class Stripper {
 public:
  explicit Stripper(const std::string* chars) {
    for (size_t pos = 0; chars && pos < chars->size();) {
      const Char c = char_at(*chars, pos);
      codes_.push_back(c.code);
      pos += c.length;
    }
    std::sort(codes_.begin(), codes_.end());
    blank_ = !chars;
  }
  bool takes(char32_t code) const {
    return blank_ ? is_space(code) : std::binary_search(codes_.begin(), codes_.end(), code);
  }

 private:
  std::vector<char32_t> codes_;
  bool blank_ = true;
};

size_t skip_spaces(std::string_view text, size_t pos) {
  while (pos < text.size() && is_space(char_at(text, pos).code)) pos += char_at(text, pos).length;
  return pos;
}

size_t skip_word(std::string_view text, size_t pos) {
  while (pos < text.size() && !is_space(char_at(text, pos).code)) pos += char_at(text, pos).length;
  return pos;
}

size_t spaces_begin(std::string_view text, size_t end) {
  while (end > 0 && is_space(char_at(text, char_before(text, end)).code)) {
    end = char_before(text, end);
  }
  return end;
}

size_t word_begin(std::string_view text, size_t end) {
  while (end > 0 && !is_space(char_at(text, char_before(text, end)).code)) {
    end = char_before(text, end);
  }
  return end;
}

std::vector<Text> split_blanks(Runtime& rt, const Text& text, int64_t limit) {
  std::vector<Text> parts;
  const std::string_view bytes = text.bytes;
  for (size_t pos = skip_spaces(bytes, 0); pos < bytes.size(); pos = skip_spaces(bytes, pos)) {
    rt.step();
    const bool last = limit >= 0 && int64_t(parts.size()) == limit;
    const size_t end = last ? bytes.size() : skip_word(bytes, pos);
    parts.push_back(slice(text, pos, end));
    pos = end;
  }
  return parts;
}

std::vector<Text> rsplit_blanks(Runtime& rt, const Text& text, int64_t limit) {
  std::vector<Text> parts;
  const std::string_view bytes = text.bytes;
  for (size_t end = spaces_begin(bytes, bytes.size()); end > 0; end = spaces_begin(bytes, end)) {
    rt.step();
    const bool last = limit >= 0 && int64_t(parts.size()) == limit;
    const size_t begin = last ? 0 : word_begin(bytes, end);
    parts.push_back(slice(text, begin, end));
    end = begin;
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

}  // namespace

Text map_case(Runtime& rt, const Text& text, CaseMap map) {
  rt.make_bytes(text.bytes.size());
  const bool simple = map == CaseMap::kUpper || map == CaseMap::kLower;
  TextBuilder out;
  if (simple && is_ascii(text.bytes)) {
    Text copy = text;
    for (char& c : copy.bytes) {
      const bool changes = map == CaseMap::kUpper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
      if (changes) c = char(c ^ 0x20);
    }
    return copy;
  }
  bool after_letter = false;
  std::string mapped;
  for (size_t pos = 0; pos < text.bytes.size();) {
    const Char c = char_at(text.bytes, pos);
    mapped.clear();
    append_mapped(mapped, text.bytes, pos, map, after_letter);
    out.append_like(mapped, text, pos);
    after_letter = is_cased(c.code);
    pos += c.length;
  }
  return out.take();
}

Text title_words(Runtime& rt, const Text& text) {
  rt.make_bytes(text.bytes.size());
  TextBuilder out;
  bool at_start = true;
  bool after_letter = false;
  std::string mapped;
  for (size_t pos = 0; pos < text.bytes.size();) {
    const Char c = char_at(text.bytes, pos);
    mapped.clear();
    if (at_start) {
      append_upper(mapped, c.code);
    } else {
      append_lower_at(mapped, text.bytes, pos, after_letter);
    }
    out.append_like(mapped, text, pos);
    at_start = opens_word(c.code);
    after_letter = is_cased(c.code);
    pos += c.length;
  }
  return out.take();
}

Text strip(Runtime& rt, const Text& text, const std::string* chars, Sides sides) {
  rt.make_bytes(text.bytes.size());
  const Stripper stripper(chars);
  const std::string_view bytes = text.bytes;
  size_t begin = 0;
  size_t end = bytes.size();
  while (sides != Sides::kRight && begin < end && stripper.takes(char_at(bytes, begin).code)) {
    begin += char_at(bytes, begin).length;
  }
  while (sides != Sides::kLeft && end > begin) {
    const size_t last = char_before(bytes, end);
    if (!stripper.takes(char_at(bytes, last).code)) break;
    end = last;
  }
  return slice(text, begin, end);
}

Text replace(Runtime& rt, const Text& text, std::string_view old, const Text& with, int64_t limit) {
  rt.make_bytes(text.bytes.size());
  TextBuilder out;
  size_t pos = 0;
  for (int64_t n = 0; limit < 0 || n < limit; ++n) {
    // An empty needle matches before every character and at the end.
    size_t at = find_bytes(text.bytes, old, pos);
    if (old.empty() && n > 0) {
      if (pos >= text.bytes.size()) break;
      at = pos + char_at(text.bytes, pos).length;
    }
    if (at == npos) break;
    rt.step_bytes(with.bytes.size());
    out.append(text, pos, at);
    out.append(with);
    rt.check_size(out.size());
    pos = at + old.size();
  }
  if (pos == 0 && out.size() == 0) return text;
  out.append(text, pos, text.bytes.size());
  rt.check_size(out.size());
  return out.take();
}

std::vector<Text> split(Runtime& rt, const Text& text, const Split& how) {
  rt.make_bytes(text.bytes.size());
  if (!how.separator) return split_blanks(rt, text, how.limit);
  std::vector<Text> parts;
  size_t pos = 0;
  while (how.limit < 0 || int64_t(parts.size()) < how.limit) {
    const size_t at = find_bytes(text.bytes, *how.separator, pos);
    if (at == npos) break;
    rt.step_bytes(how.separator->size());
    parts.push_back(slice(text, pos, at));
    pos = at + how.separator->size();
  }
  parts.push_back(slice(text, pos, text.bytes.size()));
  return parts;
}

std::vector<Text> rsplit(Runtime& rt, const Text& text, const Split& how) {
  rt.make_bytes(text.bytes.size());
  if (!how.separator) return rsplit_blanks(rt, text, how.limit);
  std::vector<Text> parts;
  size_t end = text.bytes.size();
  while (how.limit < 0 || int64_t(parts.size()) < how.limit) {
    rt.step_bytes(end);
    const size_t at = rfind_bytes(std::string_view(text.bytes).substr(0, end), *how.separator);
    if (at == npos) break;
    parts.push_back(slice(text, at + how.separator->size(), end));
    end = at;
  }
  parts.push_back(slice(text, 0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Text> split_lines(Runtime& rt, const Text& text, LineEnds ends) {
  rt.make_bytes(text.bytes.size());
  std::vector<Text> lines;
  size_t begin = 0;
  for (size_t pos = 0; pos < text.bytes.size();) {
    const Char c = char_at(text.bytes, pos);
    const size_t line_end = pos;
    pos += c.length;
    if (!is_line_end(c.code)) continue;
    rt.step();
    if (c.code == '\r' && pos < text.bytes.size() && text.bytes[pos] == '\n') ++pos;
    lines.push_back(slice(text, begin, ends == LineEnds::kKeep ? pos : line_end));
    begin = pos;
  }
  if (begin < text.bytes.size()) lines.push_back(slice(text, begin, text.bytes.size()));
  return lines;
}

Text pad(Runtime& rt, const Text& text, const Padding& padding) {
  const auto limit = rt.limits().max_output;
  const int64_t left = std::clamp<int64_t>(padding.left, 0, limit + 1);
  const int64_t right = std::clamp<int64_t>(padding.right, 0, limit + 1);
  rt.make_bytes(text.bytes.size() + size_t(left + right) * padding.fill.size());
  TextBuilder out;
  for (int64_t i = 0; i < left; ++i) out.append_untrusted(padding.fill);
  out.append(text);
  for (int64_t i = 0; i < right; ++i) out.append_untrusted(padding.fill);
  return out.take();
}

Value like(const Value& self, Text text) {
  return self.is_markup() ? Value::markup(std::move(text)) : Value::string(std::move(text));
}

}  // namespace ridge::text
