// JSON Schema to grammar. Whatever is not written down here is refused by its name and place, so
// that no keyword is ever silently dropped: a value that the grammar lets through is valid. The
// grammar may be narrower than the schema: members come in the order in which they are named,
// numbers have no more digits than an int64 or a double keeps, blanks between parts are short.
#pragma once

#include <string>

#include "grammar/ebnf.h"
#include "grammar/source.h"

namespace ridge::grammar {

// The expression of a value of the schema; throws Error{kInvalidArgument}.
std::string write_json_schema(Ebnf& ebnf, const JsonSchema& schema);

}  // namespace ridge::grammar
