// Sources as rules. Only this folder's .cpp files include it.
#pragma once

#include <set>
#include <string>

#include "grammar/ebnf.h"
#include "grammar/source.h"

namespace ridge::grammar {

using ControlNames = std::set<std::string>;

// The whole grammar's text; throws Error{kInvalidArgument}.
std::string write_source(const Source& source, const ControlNames& control,
                         const CompilerLimits& limits);

// The same text for the same source, and another one for another: what compiled grammars are kept
// by.
std::string source_key(const Source& source);

}  // namespace ridge::grammar
