// The scanners of o200k (GPT-4o, gpt-oss, Llama 4, MiniMax), Mistral's tekken and Kimi: words are
// cut where lower case is followed by upper case. With U = Lu Lt Lm Lo M and W = Ll Lm Lo M:
//   P?U*W+C? | P?U+W*C? | N{1,n} | ?[^\s L N]+T* | \s*[\r\n]+ | \s+(?!\S) | \s+
#pragma once

#include "text/tokenizer/pretokenize/scan.h"

namespace ridge::text::scan {

struct CasedRules {
  Contractions contractions = Contractions::kAnyCase;
  int max_digits = 3;
  bool slashes_follow = true;  // T: newlines and slashes, or newlines alone
  bool han_apart = false;      // runs of Han are pieces of their own and never part of a word
};

template <CasedRules kRules>
CharClass word_class(Char c) {
  return kRules.han_apart && is_han(c.code) ? kNone : c.classes;
}

// U*W+ from begin on, as a backtracking matcher finds it; begin when there is none. upper_end is
// where U* alone would end.
template <CasedRules kRules>
size_t upper_then_lower(std::string_view text, size_t begin, size_t& upper_end) {
  constexpr CharClass both = kCaseless | kMark;
  size_t after_last_both = begin;
  upper_end = begin;
  Char c = char_at(text, begin);
  for (CharClass k = word_class<kRules>(c); (k & (kUpper | both)) != 0; k = word_class<kRules>(c)) {
    upper_end += c.size;
    if ((k & both) != 0) after_last_both = upper_end;
    c = char_at(text, upper_end);
  }
  // U* gives back characters until W+ finds one: W+ then starts with a lower-case letter behind the
  // run, or is the last character of the run that is in both classes.
  if (!c.is(kLower)) return after_last_both;
  return run_if(text, upper_end,
                [](Char w) { return (word_class<kRules>(w) & (kLower | both)) != 0; });
}

template <CasedRules kRules>
size_t cased_word(std::string_view text, size_t begin, Char first) {
  const bool prefix = !first.is(kNewline | kLetter | kNumber);
  const size_t bodies[] = {begin + first.size, begin};  // with the optional prefix, then without
  size_t upper_ends[2];
  for (int i = prefix ? 0 : 1; i < 2; ++i) {
    const size_t end = upper_then_lower<kRules>(text, bodies[i], upper_ends[i]);
    if (end != bodies[i]) return end;
  }
  for (int i = prefix ? 0 : 1; i < 2; ++i) {
    if (upper_ends[i] != bodies[i]) return upper_ends[i];
  }
  return begin;
}

template <CasedRules kRules>
size_t cased_words(std::string_view text, size_t begin) {
  const auto is_han_char = [](Char c) { return is_han(c.code); };
  if constexpr (kRules.han_apart) {
    if (const size_t end = run_if(text, begin, is_han_char); end != begin) return end;
  }
  const Char first = char_at(text, begin);
  if (const size_t end = cased_word<kRules>(text, begin, first); end != begin) {
    return contraction<kRules.contractions>(text, end);
  }
  if (first.is(kNumber)) return run_at_most(text, begin, kNumber, kRules.max_digits);
  constexpr CharClass not_other = kSpace | kLetter | kNumber;
  const bool space = first.code == ' ';
  if (space || !first.is(not_other)) {
    const size_t after = begin + first.size;
    const size_t end = run_without(text, after, not_other);
    if (end != after || !space) {
      return run_if(text, end, [](Char c) {
        return c.is(kNewline) || (kRules.slashes_follow && c.code == '/');
      });
    }
  }
  return whitespace_by_lines(text, begin);
}

}  // namespace ridge::text::scan
