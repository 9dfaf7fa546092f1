// Text with its marks of trust, cut and joined. Positions are bytes. Stateless; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "text/template/value.h"

namespace ridge::text {

// Grows a Text at its end and keeps the marks ascending, disjoint and merged.
class TextBuilder {
 public:
  size_t size() const { return text_.bytes.size(); }
  void append(const Text& text);
  void append(const Text& text, size_t begin, size_t end);
  void append_trusted(std::string_view bytes);
  void append_untrusted(std::string_view bytes) { text_.bytes += bytes; }
  // Bytes that stand for what is at `pos` of `source` and inherit its trust.
  void append_like(std::string_view bytes, const Text& source, size_t pos);
  Text take() { return std::exchange(text_, {}); }

 private:
  void mark(size_t begin, size_t end);
  Text text_;
};

Text slice(const Text& text, size_t begin, size_t end);
bool trusted_at(const Text& text, size_t pos);

}  // namespace ridge::text
