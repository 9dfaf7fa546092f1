// The rules of JSON itself, each written once a grammar.
#pragma once

#include <string>

#include "grammar/char_set.h"
#include "grammar/ebnf.h"

namespace ridge::grammar {

// Between two parts of a value: nothing, a space, or one line end and its indentation. More would
// let a model fill its answer with blanks.
std::string json_space(Ebnf& ebnf);
std::string json_string(Ebnf& ebnf);
// What follows the opening quote, the closing one included: of any string, or of one made of `one`.
std::string json_string_rest(Ebnf& ebnf);
std::string json_string_rest_of(Ebnf& ebnf, const std::string& one);
std::string json_value(Ebnf& ebnf);
std::string json_object(Ebnf& ebnf);
std::string json_array(Ebnf& ebnf);
// RFC 8259, section 7: what stands for itself inside a string.
const CharSet& json_plain_chars();

}  // namespace ridge::grammar
