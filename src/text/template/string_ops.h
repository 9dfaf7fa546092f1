// What Python's str methods do, on marked text. Used by methods and filters alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "text/template/marked.h"
#include "text/template/runtime.h"
#include "text/template/value.h"

namespace ridge::text {

enum class CaseMap { kUpper, kLower, kTitle, kCapitalize, kSwap, kFold };
Text map_case(Runtime& rt, const Text& text, CaseMap map);
// The filter `title`: words begin after blanks, hyphens and opening brackets only.
Text title_words(Runtime& rt, const Text& text);

enum class Sides { kBoth, kLeft, kRight };
// Without chars: whitespace.
Text strip(Runtime& rt, const Text& text, const std::string* chars, Sides sides);

// A negative limit: all of them.
Text replace(Runtime& rt, const Text& text, std::string_view old, const Text& with, int64_t limit);

struct Split {
  const std::string* separator = nullptr;  // null: runs of whitespace
  int64_t limit = -1;
};
std::vector<Text> split(Runtime& rt, const Text& text, const Split& how);
std::vector<Text> rsplit(Runtime& rt, const Text& text, const Split& how);
enum class LineEnds { kKeep, kDrop };
std::vector<Text> split_lines(Runtime& rt, const Text& text, LineEnds ends);

struct Padding {
  int64_t left = 0;
  int64_t right = 0;
  std::string_view fill = " ";
};
Text pad(Runtime& rt, const Text& text, const Padding& padding);

// As self: Markup if self is.
Value like(const Value& self, Text text);

}  // namespace ridge::text
