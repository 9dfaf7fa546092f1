// Numbers between limits as grammars of their decimal digits, without exponents. Limits are decimal
// numbers as text ("-12", "0.25", no exponent); an empty one is none.
#pragma once

#include <string>

#include "grammar/ebnf.h"

namespace ridge::grammar {

struct NumberLimits {
  std::string low, high;
  bool low_excluded = false;
  bool high_excluded = false;
};

// The limits are whole numbers and included. Empty text: there is no such number.
std::string integer_between(Ebnf& ebnf, const std::string& low, const std::string& high);
std::string number_between(Ebnf& ebnf, const NumberLimits& limits);

// Unlimited ones, in no more digits than an int64 or a double keeps.
std::string any_integer();
std::string any_number();

}  // namespace ridge::grammar
