// The rules of JSON itself, each written once a grammar.
#pragma once

#include <string>

#include "grammar/ebnf.h"

namespace ridge::grammar {

// Between two parts of a value: nothing, a space, or one line end and its indentation. More would
// let a model fill its answer with blanks.
std::string json_space(Ebnf& ebnf);
std::string json_string(Ebnf& ebnf);
std::string json_value(Ebnf& ebnf);
std::string json_object(Ebnf& ebnf);
std::string json_array(Ebnf& ebnf);
// One character of a string, however it is written: for strings of counted length.
std::string json_any_char(Ebnf& ebnf);

}  // namespace ridge::grammar
