#include "text/template/marked.h"

#include <algorithm>

namespace ridge::text {
namespace {

// The first mark that ends after pos.
auto first_mark_after(const Text& text, size_t pos) {
  return std::upper_bound(text.trusted.begin(), text.trusted.end(), pos,
                          [](size_t p, const Range& range) { return p < range.end; });
}

}  // namespace

void TextBuilder::mark(size_t begin, size_t end) {
  if (begin == end) return;
  auto& trusted = text_.trusted;
  if (!trusted.empty() && trusted.back().end == begin) {
    trusted.back().end = end;
  } else {
    trusted.push_back({begin, end});
  }
}

void TextBuilder::append(const Text& text) {
  const size_t base = text_.bytes.size();
  text_.bytes += text.bytes;
  for (const Range& range : text.trusted) mark(base + range.begin, base + range.end);
}

void TextBuilder::append(const Text& text, size_t begin, size_t end) {
  const size_t base = text_.bytes.size();
  text_.bytes.append(text.bytes, begin, end - begin);
  for (auto it = first_mark_after(text, begin); it != text.trusted.end() && it->begin < end; ++it) {
    mark(base + std::max(it->begin, begin) - begin, base + std::min(it->end, end) - begin);
  }
}

void TextBuilder::append_trusted(std::string_view bytes) {
  const size_t base = text_.bytes.size();
  text_.bytes += bytes;
  mark(base, text_.bytes.size());
}

void TextBuilder::append_like(std::string_view bytes, const Text& source, size_t pos) {
  trusted_at(source, pos) ? append_trusted(bytes) : append_untrusted(bytes);
}

Text slice(const Text& text, size_t begin, size_t end) {
  TextBuilder out;
  out.append(text, begin, end);
  return out.take();
}

bool trusted_at(const Text& text, size_t pos) {
  const auto it = first_mark_after(text, pos);
  return it != text.trusted.end() && it->begin <= pos;
}

}  // namespace ridge::text
