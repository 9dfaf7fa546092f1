// Vocabularies that contradict themselves are refused, with the thing, the value and what is
// wanted.
#include "text/tokenizer/vocabulary.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "base/error.h"
#include "text/tokenizer/small_vocabulary.h"

namespace ridge::text {
namespace {

using testing::small_bpe;
using testing::small_spm;
using testing::SmallVocabulary;

struct Refusal {
  const char* name;
  std::function<gguf::Metadata()> metadata;
  ErrorCode code;
  std::vector<const char*> message_parts;
};

gguf::Metadata with_special_id(const char* key, gguf::Value value) {
  gguf::Metadata metadata = small_bpe().metadata("gpt2", "gpt-2");
  metadata.set(key, std::move(value));
  return metadata;
}

gguf::Metadata spm_with(const std::string& text, TokenType type) {
  SmallVocabulary v = small_spm();
  v.add(text, type);
  return v.metadata("llama", "default");
}

gguf::Metadata bpe_with_merge(const std::string& merge) {
  SmallVocabulary v = small_bpe();
  v.merges.push_back(merge);
  return v.metadata("gpt2", "gpt-2");
}

const std::vector<Refusal>& refusals() {
  static const std::vector<Refusal> all = {
      {"no model",
       [] { return gguf::Metadata(); },
       ErrorCode::kInvalidFile,
       {"tokenizer.ggml.model"}},
      {"unknown model",
       [] { return small_bpe().metadata("bert", "gpt-2"); },
       ErrorCode::kUnsupported,
       {"bert"}},
      {"unknown pre-tokenizer",
       [] { return small_bpe().metadata("gpt2", "nobody-knows"); },
       ErrorCode::kUnsupported,
       {"nobody-knows"}},
      {"no pre-tokenizer",
       [] { return small_bpe().metadata("gpt2", ""); },
       ErrorCode::kUnsupported,
       {"tokenizer.ggml.pre"}},
      {"empty vocabulary",
       [] { return SmallVocabulary().metadata("gpt2", "gpt-2"); },
       ErrorCode::kInvalidFile,
       {"tokenizer.ggml.tokens", "0 tokens"}},
      {"no tokens",
       [] {
         gguf::Metadata metadata;
         SmallVocabulary::set(metadata, "tokenizer.ggml.model", std::string("llama"));
         return metadata;
       },
       ErrorCode::kInvalidFile,
       {"tokenizer.ggml.tokens"}},
      {"huge token",
       [] { return spm_with(std::string(70000, 'x'), TokenType::kNormal); },
       ErrorCode::kInvalidFile,
       {"70000 bytes", "65536"}},
      {"byte of a negative number",
       [] { return spm_with("<0x-1>", TokenType::kByte); },
       ErrorCode::kInvalidFile,
       {"<0x-1>", "<0x00> to <0xFF>"}},
      {"byte that is no number",
       [] { return spm_with("<0xZZ>", TokenType::kByte); },
       ErrorCode::kInvalidFile,
       {"<0xZZ>"}},
      {"byte too large",
       [] { return spm_with("<0x100>", TokenType::kByte); },
       ErrorCode::kInvalidFile,
       {"<0x100>"}},
      {"byte of another form",
       [] { return spm_with("A", TokenType::kByte); },
       ErrorCode::kInvalidFile,
       {"'A'"}},
      {"byte twice",
       [] { return spm_with("<0x0a>", TokenType::kByte); },
       ErrorCode::kInvalidFile,
       {"byte 10"}},
      {"token twice",
       [] { return spm_with("hell", TokenType::kNormal); },
       ErrorCode::kInvalidFile,
       {"'hell'", "once"}},
      {"type 0",
       [] { return spm_with("x", TokenType(0)); },
       ErrorCode::kInvalidFile,
       {"token_type", "1 to 6"}},
      {"type 7",
       [] { return spm_with("x", TokenType(7)); },
       ErrorCode::kInvalidFile,
       {"token_type", "is 7"}},
      {"fewer types",
       [] {
         SmallVocabulary v = small_bpe();
         v.types.pop_back();
         return v.metadata("gpt2", "gpt-2");
       },
       ErrorCode::kInvalidFile,
       {"tokenizer.ggml.token_type", "270", "271"}},
      {"more scores",
       [] {
         SmallVocabulary v = small_spm();
         v.scores.push_back(0);
         return v.metadata("llama", "default");
       },
       ErrorCode::kInvalidFile,
       {"tokenizer.ggml.scores", "281", "280"}},
      {"score that is no number",
       [] {
         SmallVocabulary v = small_spm();
         v.scores[7] = std::numeric_limits<double>::quiet_NaN();
         return v.metadata("llama", "default");
       },
       ErrorCode::kInvalidFile,
       {"tokenizer.ggml.scores", "7"}},
      {"no scores",
       [] {
         gguf::Metadata metadata;
         SmallVocabulary::set(metadata, "tokenizer.ggml.model", std::string("llama"));
         SmallVocabulary::set_strings(metadata, "tokenizer.ggml.tokens", {"a", "b"});
         return metadata;
       },
       ErrorCode::kInvalidFile,
       {"tokenizer.ggml.scores"}},
      {"no merges",
       [] {
         SmallVocabulary v = small_bpe();
         v.merges.clear();
         return v.metadata("gpt2", "gpt-2");
       },
       ErrorCode::kInvalidFile,
       {"tokenizer.ggml.merges"}},
      {"merge of one token",
       [] { return bpe_with_merge("hello"); },
       ErrorCode::kInvalidFile,
       {"'hello'", "two tokens"}},
      {"empty merge", [] { return bpe_with_merge(""); }, ErrorCode::kInvalidFile, {"two tokens"}},
      {"merge of an absent token",
       [] { return bpe_with_merge("hell nowhere"); },
       ErrorCode::kInvalidFile,
       {"'hell nowhere'", "'nowhere'"}},
      {"merge into an absent token",
       [] { return bpe_with_merge("hell hell"); },
       ErrorCode::kInvalidFile,
       {"'hellhell'"}},
      {"merge twice",
       [] { return bpe_with_merge("h e"); },
       ErrorCode::kInvalidFile,
       {"'h e'", "twice"}},
      {"special id past the end",
       [] {
         return with_special_id("tokenizer.ggml.eos_token_id",
                                {gguf::ValueType::kU32, uint64_t{271}});
       },
       ErrorCode::kInvalidFile,
       {"eos_token_id", "271", "0 to 270"}},
      {"special id of 2^32 - 1",
       [] {
         return with_special_id("tokenizer.ggml.padding_token_id",
                                {gguf::ValueType::kU32, uint64_t{0xFFFFFFFF}});
       },
       ErrorCode::kInvalidFile,
       {"padding_token_id", "4294967295"}},
      {"negative special id",
       [] {
         return with_special_id("tokenizer.ggml.bos_token_id",
                                {gguf::ValueType::kI32, int64_t{-1}});
       },
       ErrorCode::kInvalidFile,
       {"bos_token_id", "-1"}},
      {"special id that is text",
       [] {
         return with_special_id("tokenizer.ggml.bos_token_id",
                                {gguf::ValueType::kString, std::string("<s>")});
       },
       ErrorCode::kInvalidFile,
       {"bos_token_id"}},
      {"tokens that are numbers",
       [] {
         gguf::Metadata metadata = small_bpe().metadata("gpt2", "gpt-2");
         metadata.set("tokenizer.ggml.tokens", {gguf::ValueType::kU32, uint64_t{1}});
         return metadata;
       },
       ErrorCode::kInvalidFile,
       {"tokenizer.ggml.tokens"}},
  };
  return all;
}

TEST(Vocabulary, RefusesContradictionsByName) {
  for (const Refusal& refusal : refusals()) {
    try {
      Tokenizer::from_metadata(refusal.metadata());
      ADD_FAILURE() << refusal.name << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), refusal.code) << refusal.name << ": " << error.what();
      for (const char* part : refusal.message_parts) {
        EXPECT_NE(std::string_view(error.what()).find(part), std::string_view::npos)
            << refusal.name << ": " << error.what() << " does not say " << part;
      }
    }
  }
}

TEST(Vocabulary, SeveralEmptyTokensContradictNothing) {
  SmallVocabulary v = small_bpe();
  v.add("", TokenType::kUnused);
  const Token last = v.add("", TokenType::kUnused);
  const auto tokenizer = Tokenizer::from_metadata(v.metadata("gpt2", "gpt-2"));
  EXPECT_EQ(tokenizer->find(""), -1);
  EXPECT_EQ(tokenizer->piece(last, SpecialTokens::kParse), "");
}

TEST(Vocabulary, FindsEveryTokenAndNoOther) {
  SmallVocabulary v;
  for (int i = 0; i < 5000; ++i) v.add(cat("token", i));
  const auto vocabulary = Vocabulary::from_metadata(v.metadata("llama", "default"));
  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(vocabulary.find(cat("token", i)), i);
    ASSERT_EQ(vocabulary.find(cat("token", i + 5000)), -1);
  }
}

}  // namespace
}  // namespace ridge::text
