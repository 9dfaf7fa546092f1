// Numbers and texts in fields: what "%08.3f" and "{:>8,.2f}" have in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "text/template/marked.h"
#include "text/template/runtime.h"

namespace ridge::text {

struct FieldSpec {
  std::string_view fill = " ";
  char align = '\0';  // < > ^ =; none: the type's own
  char sign = '-';    // - + or a blank
  bool alternate = false;
  char grouping = '\0';  // , or _
  int64_t width = 0;
  int precision = -1;
  char type = '\0';
};

inline constexpr int kMaxPrecision = 1000;

// Python's spelling of a magnitude (>= 0) by type e E f F g G %; `alternate` keeps the point.
std::string float_digits(double magnitude, const FieldSpec& spec);
// In base 2, 8, 10 or 16 with the prefix that `alternate` demands.
std::string int_digits(uint64_t magnitude, const FieldSpec& spec);
std::string with_grouping(std::string digits, const FieldSpec& spec);
// sign + digits, padded to the width.
std::string place_number(Runtime& rt, bool negative, std::string digits, const FieldSpec& spec);
Text place_text(Runtime& rt, const Text& text, const FieldSpec& spec);

}  // namespace ridge::text
