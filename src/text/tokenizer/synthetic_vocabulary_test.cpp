#include "text/tokenizer/synthetic_vocabulary.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::text {
namespace {

TEST(SyntheticVocabulary, HasTheSizeAskedForAndBringsAnyTextBack) {
  for (const int64_t n_vocab : {kLeastSyntheticVocabulary, int64_t{1000}, int64_t{49152}}) {
    gguf::Metadata metadata;
    metadata.set("general.architecture", "llama");
    set_synthetic_vocabulary(metadata, n_vocab);
    const auto tokenizer = Tokenizer::from_metadata(metadata);
    EXPECT_EQ(tokenizer->n_vocab(), n_vocab);
    const std::string text = "The quick brown fox, 42 \xc3\xa9t\xc3\xa9\n\xf0\x9f\xa6\x99";
    const std::vector<Token> tokens = tokenizer->encode(text, SpecialTokens::kAsText);
    EXPECT_EQ(tokenizer->decode(tokens, SpecialTokens::kAsText), text);
  }
}

TEST(SyntheticVocabulary, SizesThatItCannotHaveAreRefused) {
  gguf::Metadata metadata;
  for (const int64_t n : {kLeastSyntheticVocabulary - 1, kMostSyntheticVocabulary + 1}) {
    EXPECT_THROW(set_synthetic_vocabulary(metadata, n), Error);
  }
}

}  // namespace
}  // namespace ridge::text
