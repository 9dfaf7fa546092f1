// Regular expressions, the part of ECMAScript's that a grammar can say: characters, classes,
// groups, alternatives, counted repetition, anchors at the ends. What looks around, looks back or
// counts on word boundaries is refused by name. \d and \w are ASCII, . is all but line ends.
#pragma once

#include <string_view>

#include "grammar/pattern.h"

namespace ridge::grammar {

enum class Anchoring {
  kWhole,   // the whole text has to match
  kSearch,  // as in JSON Schema: something in the text has to, unless ^ and $ say where
};

// Throws Error{kInvalidArgument}, quoting the expression.
Pattern parse_regex(std::string_view expression, Anchoring anchoring, int max_depth);

}  // namespace ridge::grammar
