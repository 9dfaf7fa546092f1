// GBNF, the grammar notation of llama.cpp: `name ::= "text" [a-z]+ (other | "x"){2,3} # comment`.
// The rule `root` is the whole answer. Undefined rules, rules without an end, empty grammars and
// left recursion are refused with a sentence that names the rule.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "grammar/pattern.h"

namespace ridge::grammar {

using GbnfRules = std::map<std::string, Pattern>;

GbnfRules parse_gbnf(std::string_view text, int max_depth);

// Writes the rules and returns the expression of `root`.
std::string write_gbnf(Ebnf& ebnf, const GbnfRules& rules);

}  // namespace ridge::grammar
