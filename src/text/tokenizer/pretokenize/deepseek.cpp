// The stages of DeepSeek's three tokenizers (LLM, Coder, V3), in the order of their tokenizer.json.
#include "text/tokenizer/pretokenize/deepseek.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace ridge::text::scan {
namespace {

struct CodeRange {
  uint32_t first, last;
};

// The letters that DeepSeek LLM's expression spells out: Latin, Greek, Cyrillic and other scripts
// that have case.
constexpr CodeRange kCasedLetters[] = {
    {0x41, 0x5A},       {0x61, 0x7A},       {0xB5, 0xB5},       {0xC0, 0xD6},
    {0xD8, 0xF6},       {0xF8, 0x1BA},      {0x1BC, 0x1BF},     {0x1C4, 0x293},
    {0x295, 0x2AF},     {0x370, 0x373},     {0x376, 0x376},     {0x377, 0x377},
    {0x37B, 0x37D},     {0x37F, 0x37F},     {0x386, 0x386},     {0x388, 0x38A},
    {0x38C, 0x38C},     {0x38E, 0x3A1},     {0x3A3, 0x3F5},     {0x3F7, 0x481},
    {0x48A, 0x52F},     {0x531, 0x556},     {0x10A0, 0x10C5},   {0x13A0, 0x13F5},
    {0x13F8, 0x13FD},   {0x1C90, 0x1CBA},   {0x1CBD, 0x1CBF},   {0x1D00, 0x1D2B},
    {0x1D6B, 0x1D77},   {0x1D79, 0x1D9A},   {0x1E00, 0x1F15},   {0x1F18, 0x1F1D},
    {0x1F20, 0x1F45},   {0x1F48, 0x1F4D},   {0x1F50, 0x1F57},   {0x1F59, 0x1F59},
    {0x1F5B, 0x1F5B},   {0x1F5D, 0x1F5D},   {0x1F5F, 0x1F7D},   {0x1F80, 0x1FB4},
    {0x1FB6, 0x1FBC},   {0x1FBE, 0x1FBE},   {0x1FC2, 0x1FC4},   {0x1FC6, 0x1FCC},
    {0x1FD0, 0x1FD3},   {0x1FD6, 0x1FDB},   {0x1FE0, 0x1FEC},   {0x1FF2, 0x1FF4},
    {0x1FF6, 0x1FFC},   {0x2102, 0x2102},   {0x2107, 0x2107},   {0x210A, 0x2113},
    {0x2115, 0x2115},   {0x2119, 0x211D},   {0x2124, 0x2124},   {0x2126, 0x2126},
    {0x2128, 0x2128},   {0x212A, 0x212D},   {0x212F, 0x2134},   {0x2139, 0x2139},
    {0x213C, 0x213F},   {0x2145, 0x2149},   {0x214E, 0x214E},   {0x2183, 0x2183},
    {0x2184, 0x2184},   {0x2C00, 0x2C7B},   {0x2C7E, 0x2CE4},   {0x2CEB, 0x2CEE},
    {0x2CF2, 0x2CF2},   {0x2CF3, 0x2CF3},   {0xA640, 0xA66D},   {0xA680, 0xA69B},
    {0xA722, 0xA76F},   {0xA771, 0xA787},   {0xA78B, 0xA78E},   {0xAB70, 0xABBF},
    {0xFB00, 0xFB06},   {0xFB13, 0xFB17},   {0xFF21, 0xFF3A},   {0xFF41, 0xFF5A},
    {0x10400, 0x1044F}, {0x104B0, 0x104D3}, {0x104D8, 0x104FB}, {0x10C80, 0x10CB2},
    {0x10CC0, 0x10CF2}, {0x118A0, 0x118DF}, {0x1E900, 0x1E943},
};

bool is_cased_letter(Char c) {
  if (c.code < 0x80) return c.is(kLetter);
  const auto it =
      std::upper_bound(std::begin(kCasedLetters), std::end(kCasedLetters), c.code,
                       [](uint32_t code, const CodeRange& range) { return code < range.first; });
  return it != std::begin(kCasedLetters) && c.code <= std::prev(it)->last;
}

// [!-/:-~！-／：-～‘-‟　-。]; the second range holds the ASCII letters too.
bool is_mark_of_llm(Char c) {
  const uint32_t k = c.code;
  return (k >= '!' && k <= '/') || (k >= ':' && k <= '~') || (k >= 0xFF01 && k <= 0xFF0F) ||
         (k >= 0xFF1A && k <= 0xFF5E) || (k >= 0x2018 && k <= 0x201F) ||
         (k >= 0x3000 && k <= 0x3002);
}

template <bool (*kIsMember)(Char)>
size_t spaced(std::string_view text, size_t begin) {
  const auto run_of_members = [&](size_t body) { return run_if(text, body, kIsMember); };
  const Char first = char_at(text, begin);
  if (first.is(kSpace)) {
    const size_t body = begin + first.size;
    if (const size_t end = run_of_members(body); end != body) return end;
  }
  return run_of_members(begin);
}

bool is_ascii_letter(Char c) {
  return c.code < 0x80 && c.is(kLetter);
}

}  // namespace

size_t deepseek_cased_letters(std::string_view text, size_t begin) {
  return spaced<is_cased_letter>(text, begin);
}

size_t deepseek_llm_marks(std::string_view text, size_t begin) {
  return spaced<is_mark_of_llm>(text, begin);
}

size_t deepseek_trailing_space(std::string_view text, size_t begin) {
  // A matcher tried at every position would scan a long run of spaces again and again.
  size_t tail = begin;
  for (size_t i = begin; i < text.size();) {
    const Char c = char_at(text, i);
    i += c.size;
    if (!c.is(kSpace)) tail = i;
  }
  return tail == begin ? text.size() : tail;
}

size_t deepseek_wide_cjk(std::string_view text, size_t begin) {
  return run_if(text, begin, [](Char c) {
    return (c.code >= 0x800 && c.code <= 0x9FA5) || (c.code >= 0xAC00 && c.code <= 0xD7FF);
  });
}

size_t deepseek_cjk(std::string_view text, size_t begin) {
  return run_if(text, begin, [](Char c) {
    return (c.code >= 0x4E00 && c.code <= 0x9FA5) || (c.code >= 0x3040 && c.code <= 0x30FF);
  });
}

// [ASCII punctuation][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|
// \s*[\r\n]+|\s+(?!\S)|\s+ ; digits and controls match nothing.
size_t deepseek_v3_words(std::string_view text, size_t begin) {
  constexpr CharClass marks = kPunctuation | kSymbol;
  constexpr CharClass letters = kLetter | kMark;
  const Char first = char_at(text, begin);
  const size_t after = begin + first.size;
  if (first.code < 0x80 && first.is(marks)) {
    if (const size_t end = run_if(text, after, is_ascii_letter); end != after) return end;
  }
  if (first.is(letters)) return run(text, after, letters);
  if (!first.is(kNewline | marks)) {
    if (const size_t end = run(text, after, letters); end != after) return end;
  }
  const size_t body = first.code == ' ' ? after : begin;
  if (const size_t end = run(text, body, marks); end != body) return run(text, end, kNewline);
  return first.is(kSpace) ? whitespace_by_lines(text, begin) : begin;
}

}  // namespace ridge::text::scan
