// A vocabulary of any size for models without one: byte-level BPE over all bytes, four control
// tokens, and merges that make every run of two, three, … lower-case letters a token until the size
// is reached. So any text goes in and comes back, in this program and in others. Stateless.
#pragma once

#include <cstdint>

#include "gguf/metadata.h"

namespace ridge::text {

inline constexpr int64_t kLeastSyntheticVocabulary = 261;  // with one merge
inline constexpr int64_t kMostSyntheticVocabulary = 260 + 676 + 17576 + 456976;

// Sets the keys of the tokenizer and a small chat template. Throws Error{kInvalidArgument} for a
// size outside the limits above.
void set_synthetic_vocabulary(gguf::Metadata& metadata, int64_t n_vocab);

}  // namespace ridge::text
