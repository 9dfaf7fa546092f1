// Which tokens end an answer: what the file names, and what models are known to say when they are
// done. Files often name only one of several.
#pragma once

#include <vector>

#include "text/tokenizer/special_tokens.h"
#include "text/tokenizer/vocabulary.h"

namespace ridge::text {

std::vector<bool> find_ends_of_generation(const Vocabulary& vocabulary,
                                          const SpecialTokenMatcher& special);  // by token

}  // namespace ridge::text
