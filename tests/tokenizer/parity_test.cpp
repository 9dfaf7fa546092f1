// Our tokenizers against the originals on ten thousand texts for each vocabulary at hand. A Python
// script makes the cases (tools/reference/make_tokenizer_cases.py) once and keeps them in the
// cache.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "base/strcat.h"
#include "gguf/file.h"
#include "support/cache.h"
#include "support/tokenizer_cases.h"
#include "text/tokenizer/pretokenize/pretokenizer.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::text {
namespace {

namespace fs = std::filesystem;
using ridge::testing::cache_folder;
using ridge::testing::read_tokenizer_cases;
using ridge::testing::TokenizerCase;

constexpr const char* kScripts = "tools/reference/";  // tests run in the root of the sources

fs::path python() {
  return cache_folder() / "venv" / "bin" / "python";
}

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Cases are made anew when the scripts change.
fs::path cases_path(const std::string& name) {
  const size_t version =
      std::hash<std::string>{}(contents(cat(kScripts, "make_tokenizer_cases.py")) +
                               contents(cat(kScripts, "tokenizer_texts.py")));
  return cache_folder() / "tokenizer-cases" / cat(name, "-", version, ".txt");
}

std::vector<TokenizerCase> cases_by_script(const std::string& name, const std::string& arguments) {
  const fs::path path = cases_path(name);
  if (!fs::exists(path)) {
    const std::string command =
        cat("'", python().string(), "' ", kScripts, "make_tokenizer_cases.py ", arguments, " '",
            path.string(), "'");
    if (std::system(command.c_str()) != 0) return {};
  }
  return read_tokenizer_cases(path);
}

fs::path vocabulary_path(const std::string& name) {
  const fs::path model = ridge::testing::model_file(name);
  if (fs::exists(model)) return model;
  return cache_folder() / "material" / "llama.cpp" / "models" / cat("ggml-vocab-", name, ".gguf");
}

class Vocabulary : public ::testing::TestWithParam<const char*> {};

TEST_P(Vocabulary, GivesTheIdsOfTheOriginal) {
  const fs::path path = vocabulary_path(GetParam());
  if (!fs::exists(path)) GTEST_SKIP() << "no " << path << "; tools/material.py fetches it";
  if (!fs::exists(python())) GTEST_SKIP() << "the Python packages are not installed";
  const auto tokenizer = Tokenizer::from_metadata(gguf::File::open(path).metadata());
  const auto cases = cases_by_script(GetParam(), cat("ids '", path.string(), "'"));
  ASSERT_GE(cases.size(), 10'000u);
  int n_wrong = 0;
  for (const TokenizerCase& c : cases) {
    const auto policy = c.kind == "p" ? SpecialTokens::kParse : SpecialTokens::kAsText;
    const auto tokens = tokenizer->encode(c.text, policy);
    if (tokens == c.numbers || ++n_wrong > 5) continue;
    EXPECT_EQ(tokens, c.numbers) << c.kind << ' ' << ::testing::PrintToString(c.text);
  }
  EXPECT_EQ(n_wrong, 0) << "of " << cases.size();
}

INSTANTIATE_TEST_SUITE_P(Material, Vocabulary,
                         ::testing::Values("llama-bpe", "llama-spm", "phi-3", "gpt-2", "qwen2",
                                           "qwen35", "command-r", "starcoder", "refact", "falcon",
                                           "mpt", "deepseek-llm", "deepseek-coder", "gemma-4",
                                           "smollm2-135m", "qwen2.5-coder-0.5b", "gemma3-270m"));

TEST(PreTokenizers, GiveThePiecesOfTheOriginals) {
  if (!fs::exists(python())) GTEST_SKIP() << "the Python packages are not installed";
  const auto cases = cases_by_script("pieces", "pieces");
  ASSERT_GE(cases.size(), 20'000u);
  int n_wrong = 0;
  for (const TokenizerCase& c : cases) {
    const PreTokenizer* rules = find_pre_tokenizer(c.kind);
    ASSERT_NE(rules, nullptr) << c.kind;
    std::vector<Token> sizes;
    Pieces(*rules).for_each(c.text,
                            [&](std::string_view piece) { sizes.push_back(Token(piece.size())); });
    if (sizes == c.numbers || ++n_wrong > 20) continue;
    EXPECT_EQ(sizes, c.numbers) << c.kind << ' ' << ::testing::PrintToString(c.text);
  }
  EXPECT_EQ(n_wrong, 0) << "of " << cases.size();
}

}  // namespace
}  // namespace ridge::text
