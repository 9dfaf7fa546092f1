// Whether two models mean the same by their token ids. A pure function.
#pragma once

#include <string>

#include "text/tokenizer/tokenizer.h"

namespace ridge::text {

// What is the first difference between the vocabularies, in a sentence that calls them "the model"
// and "the draft"; empty: there is none. Unused entries at the end, which fill a matrix up, do not
// count.
std::string vocabulary_difference(const Tokenizer& model, const Tokenizer& draft);

}  // namespace ridge::text
