// Every pre-tokenizer on small vocabularies that are committed, against what the originals made of
// the same texts (tests/fixtures/tokenizer, by tools/reference/make_tokenizer_cases.py). The BPE
// merges were learned without any pre-tokenizer, so that they cross every boundary that one has to
// set.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "gguf/file.h"
#include "support/tokenizer_cases.h"
#include "text/tokenizer/pretokenize/pretokenizer.h"
#include "text/tokenizer/small_vocabulary.h"

namespace ridge::text {
namespace {

constexpr const char* kFolder =
    "tests/fixtures/tokenizer/";  // tests run in the root of the sources

std::shared_ptr<const Tokenizer> tokenizer_for(const std::string& name) {
  if (name == "default") {
    return Tokenizer::from_metadata(gguf::File::open(cat(kFolder, "spm.gguf")).metadata());
  }
  gguf::Metadata metadata = gguf::File::open(cat(kFolder, "bpe.gguf")).metadata();
  testing::SmallVocabulary::set(metadata, "tokenizer.ggml.pre", name);
  return Tokenizer::from_metadata(metadata);
}

TEST(Fixtures, EveryPreTokenizerGivesTheIdsOfTheOriginal) {
  std::map<std::string, std::shared_ptr<const Tokenizer>> tokenizers;
  const auto cases = ridge::testing::read_tokenizer_cases(cat(kFolder, "cases.txt"));
  size_t n_compared = 0;
  for (const auto& c : cases) {
    std::istringstream names(c.kind);
    for (std::string name; std::getline(names, name, ',');) {
      auto& tokenizer = tokenizers[name];
      if (tokenizer == nullptr) tokenizer = tokenizer_for(name);
      EXPECT_EQ(tokenizer->encode(c.text, SpecialTokens::kAsText), c.numbers)
          << name << ' ' << ::testing::PrintToString(c.text);
      ++n_compared;
    }
  }
  EXPECT_GT(n_compared, 2000u);
}

// A name may share the rules of another; no rules may go without a fixture.
TEST(Fixtures, CoverEverySetOfRules) {
  std::set<std::string> covered;
  for (const auto& c : ridge::testing::read_tokenizer_cases(cat(kFolder, "cases.txt"))) {
    std::istringstream names(c.kind);
    for (std::string name; std::getline(names, name, ',');) covered.insert(name);
  }
  for (const NamedPreTokenizer& pre : pre_tokenizers()) {
    const auto shares = [&](const std::string& name) {
      const PreTokenizer* other = find_pre_tokenizer(name);
      return other != nullptr && other->stages == pre.rules.stages;
    };
    EXPECT_TRUE(std::any_of(covered.begin(), covered.end(), shares)) << pre.name;
  }
}

}  // namespace
}  // namespace ridge::text
