// The scanners of GPT-2, of cl100k (Llama 3, Qwen, GLM, …) and their kin: contraction, letters,
// digits, other characters, whitespace. They differ in the rules below and in nothing else:
//   's|'t|'re|'ve|'m|'ll|'d | P?L+ | N{1,n} | ?[^\s L N]+T* | \s*[\r\n]+ | \s+(?!\S) | \s+
#pragma once

#include "text/tokenizer/pretokenize/scan.h"

namespace ridge::text::scan {

struct WordRules {
  Contractions contractions = Contractions::kAnyCase;
  CharClass letters = kLetter;
  bool any_prefix = true;       // P: any character but a newline, a letter or a digit; else a space
  int max_digits = 1;           // 0: no limit, and a space goes with them
  bool newlines_follow = true;  // T: a run of other characters takes the newlines behind it
  bool newline_rule = true;     // \s*[\r\n]+
};

template <WordRules kRules>
size_t letters(std::string_view text, size_t begin, Char first) {
  if (first.is(kRules.letters)) return run(text, begin + first.size, kRules.letters);
  const bool prefix =
      kRules.any_prefix ? !first.is(kNewline | kLetter | kNumber) : first.code == ' ';
  return prefix ? run(text, begin + first.size, kRules.letters) : begin;
}

template <WordRules kRules>
size_t words(std::string_view text, size_t begin) {
  if (const size_t end = contraction<kRules.contractions>(text, begin); end != begin) return end;
  const Char first = char_at(text, begin);
  const size_t after = begin + first.size;
  if (const size_t end = letters<kRules>(text, begin, first);
      end > after || first.is(kRules.letters)) {
    return end;
  }
  const bool space = first.code == ' ';
  if constexpr (kRules.max_digits == 0) {
    if (first.is(kNumber)) return run(text, after, kNumber);
    if (const size_t end = run(text, after, kNumber); space && end != after) return end;
  } else {
    if (first.is(kNumber)) return run_at_most(text, begin, kNumber, kRules.max_digits);
  }
  constexpr CharClass not_other = kSpace | kRules.letters | kNumber;
  if (space || !first.is(not_other)) {
    const size_t end = run_without(text, after, not_other);
    if (end != after || !space) return kRules.newlines_follow ? run(text, end, kNewline) : end;
  }
  return kRules.newline_rule ? whitespace_by_lines(text, begin) : whitespace(text, begin);
}

}  // namespace ridge::text::scan
