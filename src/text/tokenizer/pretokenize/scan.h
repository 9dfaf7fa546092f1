// What the scanners are made of: runs of a class, and the rules about contractions and whitespace
// that nearly all originals share. A matcher takes (text, begin) and returns the end of its match,
// or begin when it does not match there.
#pragma once

#include <cstddef>
#include <string_view>

#include "text/tokenizer/unicode.h"

namespace ridge::text::scan {

// Past the characters of these classes from `begin` on: [classes]*.
inline size_t run(std::string_view text, size_t begin, CharClass classes) {
  for (Char c = char_at(text, begin); c.is(classes); c = char_at(text, begin)) begin += c.size;
  return begin;
}

// The opposite: [^classes]*.
inline size_t run_without(std::string_view text, size_t begin, CharClass classes) {
  for (Char c = char_at(text, begin); c.size != 0 && !c.is(classes); c = char_at(text, begin)) {
    begin += c.size;
  }
  return begin;
}

// [classes]{0,limit}
inline size_t run_at_most(std::string_view text, size_t begin, CharClass classes, int limit) {
  for (int i = 0; i < limit; ++i) {
    const Char c = char_at(text, begin);
    if (!c.is(classes)) break;
    begin += c.size;
  }
  return begin;
}

template <class Predicate>
size_t run_if(std::string_view text, size_t begin, Predicate&& predicate) {
  for (Char c = char_at(text, begin); c.size != 0 && predicate(c); c = char_at(text, begin)) {
    begin += c.size;
  }
  return begin;
}

inline bool starts_with_at(std::string_view text, size_t begin, std::string_view part) {
  return text.size() - begin >= part.size() && text.substr(begin, part.size()) == part;
}

enum class Contractions { kNone, kLowerCase, kAnyCase };

// 's|'t|'re|'ve|'m|'ll|'d
template <Contractions kKind>
size_t contraction(std::string_view text, size_t begin) {
  if (kKind == Contractions::kNone || begin >= text.size() || text[begin] != '\'') return begin;
  const auto letter = [&](size_t i) -> char {
    if (i >= text.size()) return 0;
    const char c = text[i];
    return kKind == Contractions::kAnyCase && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  const char first = letter(begin + 1);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return begin + 2;
  const char second = letter(begin + 2);
  if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
      (first == 'l' && second == 'l')) {
    return begin + 3;
  }
  // Without regard to case, the long s (U+017F) is an s.
  if (kKind == Contractions::kAnyCase && starts_with_at(text, begin + 1, "\xC5\xBF")) {
    return begin + 3;
  }
  return begin;
}

// \s+(?!\S)|\s+ : a run of whitespace leaves its last character to what follows it.
inline size_t whitespace(std::string_view text, size_t begin) {
  size_t last = begin;
  size_t end = begin;
  for (Char c = char_at(text, end); c.is(kSpace); c = char_at(text, end)) {
    last = end;
    end += c.size;
  }
  return end == text.size() || last == begin ? end : last;
}

// \s*[\r\n]+|\s+(?!\S)|\s+ : a run that has line ends goes up to and with the last of them.
inline size_t whitespace_by_lines(std::string_view text, size_t begin) {
  size_t after_newline = begin;
  size_t last = begin;
  size_t end = begin;
  for (Char c = char_at(text, end); c.is(kSpace); c = char_at(text, end)) {
    last = end;
    end += c.size;
    if (c.is(kNewline)) after_newline = end;
  }
  if (after_newline != begin) return after_newline;
  return end == text.size() || last == begin ? end : last;
}

using Matcher = size_t (*)(std::string_view text, size_t begin);

// Split with behaviour "isolated": a match is a piece, and so is what lies between two matches.
template <Matcher kMatch>
size_t isolate(std::string_view text, size_t begin) {
  if (const size_t end = kMatch(text, begin); end != begin) return end;
  size_t position = begin;
  do {
    position += char_at(text, position).size;
  } while (position < text.size() && kMatch(text, position) == position);
  return position;
}

}  // namespace ridge::text::scan
