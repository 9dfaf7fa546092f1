// CharSet: a set of Unicode code points, as ascending disjoint ranges. Surrogates are in none, nor
// are the marks below.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ridge::grammar {

inline constexpr char32_t kLastCodePoint = 0x10ffff;
// Stands before the names of control tokens in grammars. It is no character and never will be.
inline constexpr char32_t kControlMark = 0x10fffe;
// Stand in front of texts whose characters are counted (counted_text.h), one for each count.
inline constexpr char32_t kFirstCountMark = 0x10ff00;

struct CodePointRange {
  char32_t first = 0;
  char32_t last = 0;  // included
  bool operator==(const CodePointRange&) const = default;
};

class CharSet {
 public:
  CharSet() = default;
  explicit CharSet(std::vector<CodePointRange> ranges);  // in any order, overlapping as they like
  static CharSet of(std::string_view ascii);             // these characters
  static CharSet all();

  const std::vector<CodePointRange>& ranges() const { return ranges_; }
  bool empty() const { return ranges_.empty(); }
  bool contains(char32_t code_point) const;
  CharSet united(const CharSet& other) const;
  CharSet without(const CharSet& other) const;
  CharSet complement() const;
  bool operator==(const CharSet&) const = default;

  std::string expression() const;  // in XGrammar's notation; the set is not empty

 private:
  std::vector<CodePointRange> ranges_;
};

// \x1f and the like, which no following character can change.
void append_code_point_escape(std::string& out, char32_t code_point);
void append_utf8(std::string& out, char32_t code_point);
std::u32string code_points(std::string_view utf8);  // of valid UTF-8

}  // namespace ridge::grammar
