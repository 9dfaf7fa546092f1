// The test files that llama.cpp keeps beside its vocabularies: texts and the ids that the originals
// gave for them, special tokens as text. Fetched by tools/material.py, never committed.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "gguf/file.h"
#include "support/cache.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::text {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string text;
  std::vector<Token> tokens;
};

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Token> tokens_of_line(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<Token>(in), {}};
}

std::vector<Case> read_cases(const fs::path& vocabulary) {
  constexpr std::string_view separator = "\n__ggml_vocab_test__\n";
  const std::string texts = contents(vocabulary.string() + ".inp");
  std::ifstream outputs(vocabulary.string() + ".out");
  std::vector<Case> cases;
  size_t begin = 0;
  for (std::string line; std::getline(outputs, line);) {
    if (begin > texts.size()) return {};  // more outputs than texts
    const size_t end = std::min(texts.find(separator, begin), texts.size());
    cases.push_back({texts.substr(begin, end - begin), tokens_of_line(line)});
    begin = end + separator.size();
  }
  return cases;
}

class VocabularyFile : public ::testing::TestWithParam<const char*> {
 protected:
  static fs::path path() {
    return ridge::testing::cache_folder() / "material" / "llama.cpp" / "models" /
           (std::string("ggml-vocab-") + GetParam() + ".gguf");
  }
};

// llama.cpp does not compose text; the original of Qwen 3.5 does, and in its list are decomposed
// letters.
bool differs_from_original(std::string_view vocabulary, const std::string& text) {
  return vocabulary == "qwen35" && (text.starts_with("e\u0301") || text.starts_with("re\u0301") ||
                                    text.starts_with("a\u0300"));
}

TEST_P(VocabularyFile, GivesTheIdsOfItsTestFile) {
  if (!fs::exists(path())) GTEST_SKIP() << "no " << path() << "; tools/material.py fetches it";
  const auto tokenizer = Tokenizer::from_metadata(gguf::File::open(path()).metadata());
  const std::vector<Case> cases = read_cases(path());
  ASSERT_GE(cases.size(), 46u);
  for (const auto& [text, tokens] : cases) {
    if (differs_from_original(GetParam(), text)) continue;
    EXPECT_EQ(tokenizer->encode(text, SpecialTokens::kAsText), tokens) << text;
    EXPECT_EQ(tokenizer->decode(tokens, SpecialTokens::kAsText), text);
  }
}

INSTANTIATE_TEST_SUITE_P(Material, VocabularyFile,
                         ::testing::Values("llama-bpe", "llama-spm", "phi-3", "gpt-2", "qwen2",
                                           "qwen35", "command-r", "starcoder", "refact", "falcon",
                                           "mpt", "deepseek-llm", "deepseek-coder", "gemma-4"));

TEST(VocabularyFile, DecomposedLettersOfQwen35AreComposedFirst) {
  const fs::path path = ridge::testing::cache_folder() / "material" / "llama.cpp" / "models" /
                        "ggml-vocab-qwen35.gguf";
  if (!fs::exists(path)) GTEST_SKIP() << "no " << path << "; tools/material.py fetches it";
  const auto tokenizer = Tokenizer::from_metadata(gguf::File::open(path).metadata());
  EXPECT_EQ(tokenizer->encode("re\u0301sume\u0301", SpecialTokens::kAsText),
            tokenizer->encode("résumé", SpecialTokens::kAsText));
}

}  // namespace
}  // namespace ridge::text
