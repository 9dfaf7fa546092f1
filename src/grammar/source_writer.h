// Sources as rules. Only this folder's .cpp files include it.
#pragma once

#include <string>
#include <vector>

#include "grammar/ebnf.h"
#include "grammar/source.h"

namespace ridge::grammar {

struct WrittenSource {
  std::string text;                 // of the whole grammar
  std::vector<CountedText> counts;  // the i-th mark's
};

// Throws Error{kInvalidArgument}.
WrittenSource write_source(const Source& source, const ControlNames& control,
                           const CompilerLimits& limits);

// The same text for the same source, and another one for another: what compiled grammars are kept
// by.
std::string source_key(const Source& source);

}  // namespace ridge::grammar
