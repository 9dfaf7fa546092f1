// Stages that cut runs of some kind out of a text and leave the rest to later stages: digits,
// punctuation, newlines, CJK, three-digit groups.
#pragma once

#include "text/tokenizer/pretokenize/scan.h"

namespace ridge::text::scan {

// \p{N}{1,n}
template <int kMaxDigits>
size_t digits(std::string_view text, size_t begin) {
  return run_at_most(text, begin, kNumber, kMaxDigits);
}

// [\r\n]
inline size_t one_newline(std::string_view text, size_t begin) {
  return run_at_most(text, begin, kNewline, 1);
}

// \n+
inline size_t line_feeds(std::string_view text, size_t begin) {
  return run_if(text, begin, [](Char c) { return c.code == '\n'; });
}

// \s?[classes]+
template <CharClass kClasses>
size_t spaced_run(std::string_view text, size_t begin) {
  const Char first = char_at(text, begin);
  const size_t body = first.is(kSpace) ? begin + first.size : begin;
  const size_t end = run(text, body, kClasses);
  return end == body ? begin : end;
}

// Punctuation as Hugging Face's pre-tokenizer of that name sees it: P and the ASCII symbols.
inline size_t punctuation(std::string_view text, size_t begin) {
  return run_if(text, begin,
                [](Char c) { return c.is(kPunctuation) || (c.code < 0x80 && c.is(kSymbol)); });
}

// Falcon looks for digits when GPT-2's alphabet has replaced the bytes already, and there the bytes
// of ², ³, ¹, ¼, ½ and ¾ in Latin-1 are numbers as well. A stage and no matcher: it cuts
// characters.
inline size_t byte_level_digits(std::string_view text, size_t begin) {
  const auto is_digit = [](char c) {
    constexpr std::string_view numbers = "0123456789\xB2\xB3\xB9\xBC\xBD\xBE";
    return numbers.find(c) != numbers.npos;
  };
  size_t end = begin + 1;
  while (end < text.size() && is_digit(text[end]) == is_digit(text[begin])) ++end;
  return end;
}

// [0-9][0-9][0-9]
inline size_t three_ascii_digits(std::string_view text, size_t begin) {
  size_t end = begin;
  while (end < text.size() && end < begin + 3 && text[end] >= '0' && text[end] <= '9') ++end;
  return end == begin + 3 ? end : begin;
}

// [^(\s|.,!?…。，、।۔،)] with an optional space before it: BLOOM and its kin.
inline size_t bloom_word(std::string_view text, size_t begin) {
  const auto is_word = [](Char c) {
    constexpr std::u32string_view apart = U"(|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)";
    return !c.is(kSpace) && apart.find(static_cast<char32_t>(c.code)) == apart.npos;
  };
  const size_t body = char_at(text, begin).code == ' ' ? begin + 1 : begin;
  const size_t end = run_if(text, body, is_word);
  return end == body ? begin : end;
}

}  // namespace ridge::text::scan
