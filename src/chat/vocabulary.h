// A tokenizer's vocabulary as grammars see it. Takes some milliseconds: once a model.
#pragma once

#include "grammar/vocabulary.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::chat {

grammar::Vocabulary vocabulary_of(const text::Tokenizer& tokenizer);

}  // namespace ridge::chat
