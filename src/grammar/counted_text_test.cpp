// minLength, maxLength and counted runs of characters, against counting by hand.
#include "grammar/counted_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "base/strcat.h"
#include "base/utf8.h"
#include "grammar/char_set.h"
#include "grammar/test_vocabulary.h"

namespace ridge::grammar {
namespace {

GrammarCompiler& compiler() {
  static GrammarCompiler shared(TestVocabulary::make());
  return shared;
}

std::string schema_of_length(int64_t min, int64_t max) {
  return cat(R"({"type":"string","minLength":)", min, R"(,"maxLength":)", max, "}");
}

// The specification's way: code points of the value that a JSON parser reads.
int64_t length_of_value(const std::string& json) {
  return int64_t(code_points(nlohmann::json::parse(json).get<std::string>()).size());
}

// Spellings of one character each: of one to four bytes, and escapes of all kinds.
const std::vector<std::string>& spellings() {
  static const std::vector<std::string> all = {
      "a", "é", "漢", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\u0041", "\\ud83d\\ude00"};
  return all;
}

TEST(CountedText, EveryStringOfEveryLengthAroundTheLimits) {
  for (const auto& [min, max] : {std::pair{0, 0}, {0, 1}, {1, 1}, {1, 2}, {2, 3}, {0, 3}, {3, 3}}) {
    const auto grammar = compiler().compile(JsonSchema{schema_of_length(min, max)});
    std::vector<std::string> texts = {""};  // all of n characters
    for (int n = 0; n <= max + 1; ++n) {
      for (const std::string& text : texts) {
        const std::string json = cat("\"", text, "\"");
        ASSERT_EQ(length_of_value(json), n);
        EXPECT_EQ(accepts(grammar, json), min <= n && n <= max) << json << " " << min << " " << max;
      }
      std::vector<std::string> longer;
      for (const std::string& text : texts) {
        for (const std::string& one : spellings()) longer.push_back(text + one);
      }
      // All of up to two characters, beyond that each spelling after some text.
      if (longer.size() > 3000) longer.resize(3000);
      texts = std::move(longer);
    }
  }
}

TEST(CountedText, LongTextsAreCountedToTheCharacter) {
  Rng rng(3);
  for (const int64_t max : {64, 200, 1000, 4097, 10000}) {
    const int64_t min = max / 2;
    const auto grammar = compiler().compile(JsonSchema{schema_of_length(min, max)});
    for (const int64_t n : {min - 1, min, max, max + 1}) {
      for (int round = 0; round < 3; ++round) {
        std::string json = "\"";
        for (int64_t i = 0; i < n; ++i) {
          const auto& of = spellings();
          json += round == 0 ? of[0] : of[rng() % of.size()];
        }
        json += '"';
        ASSERT_EQ(length_of_value(json), n);
        EXPECT_EQ(accepts(grammar, json), min <= n && n <= max) << n << " of " << max;
      }
    }
  }
}

// Tokens of many characters: with every walk through what is allowed the value keeps its limits.
TEST(CountedText, WalksThroughAllowedTokensKeepTheLimits) {
  const Vocabulary vocabulary = TestVocabulary::make();
  const std::string schemas[] = {
      R"({"type":"array","items":{"type":"string","minLength":2,"maxLength":5},"minItems":2,"maxItems":4})",
      R"({"type":"object","properties":{"a":{"type":"string","maxLength":3},
          "b":{"anyOf":[{"const":"the"},{"type":"string","minLength":4,"maxLength":6},{"type":"null"}]},
          "c":{"type":"string","minLength":1}},"required":["a","b","c"]})",
      R"({"anyOf":[{"type":"object","properties":{"k":{"type":"string","maxLength":2},"v":{"type":"integer"}},
          "required":["k","v"]},{"type":"object","properties":{"k":{"type":"string","minLength":3},
          "v":{"type":"boolean"}},"required":["k","v"]}]})",
  };
  const auto is_valid = [](const nlohmann::json& value) {
    const auto length = [](const nlohmann::json& text) {
      return code_points(text.get<std::string>()).size();
    };
    if (value.is_array()) {
      return value.size() >= 2 && value.size() <= 4 &&
             std::all_of(value.begin(), value.end(),
                         [&](auto& item) { return length(item) >= 2 && length(item) <= 5; });
    }
    if (value.contains("k")) {
      return value["v"].is_boolean() ? length(value["k"]) >= 3 : length(value["k"]) <= 2;
    }
    const auto& b = value["b"];
    return length(value["a"]) <= 3 && length(value["c"]) >= 1 &&
           (b.is_null() || b == "the" || (length(b) >= 4 && length(b) <= 6));
  };
  std::vector<uint32_t> bits((vocabulary.bytes.size() + 31) / 32);
  for (const std::string& schema : schemas) {
    const auto grammar = compiler().compile(JsonSchema{schema});
    for (uint64_t seed = 0; seed < 100; ++seed) {
      Rng rng(seed);
      const auto constraint = make_constraint(grammar);
      std::string answer;
      for (int step = 0; step < 2000; ++step) {
        ASSERT_TRUE(constraint->allowed(bits));
        std::vector<int32_t> allowed;
        for (size_t t = 0; t < vocabulary.bytes.size(); ++t) {
          if ((bits[t / 32] >> (t % 32)) & 1) allowed.push_back(int32_t(t));
        }
        ASSERT_FALSE(allowed.empty()) << "stuck after " << answer;
        int32_t token = allowed[rng() % allowed.size()];
        for (const int32_t closing : {int32_t('"'), TestVocabulary::kEnd}) {
          const bool may = std::find(allowed.begin(), allowed.end(), closing) != allowed.end();
          if ((step > 60 || rng() % 8 == 0) && may) token = closing;
        }
        constraint->accept(token);
        if (rng() % 5 == 0) {  // back and the same again: what was allowed is still allowed
          constraint->take_back(1);
          ASSERT_TRUE(is_allowed(*constraint, token)) << answer;
          constraint->accept(token);
        }
        if (token == TestVocabulary::kEnd) break;
        answer += vocabulary.bytes[size_t(token)];
      }
      ASSERT_TRUE(nlohmann::json::accept(answer)) << answer;
      EXPECT_TRUE(is_valid(nlohmann::json::parse(answer))) << answer;
    }
  }
}

TEST(CountedText, TakingBackAcrossCountsIsAsIfNothingHadBeenSaid) {
  const auto grammar = compiler().compile(JsonSchema{
      R"({"anyOf":[{"type":"array","items":{"type":"string","maxLength":2}},
          {"type":"array","items":{"type":"string","minLength":2,"maxLength":9}}]})"});
  const auto tokens = byte_tokens("[\"ab\", \"x\\u00e9\", \"a\"]", ControlNamesIn::kTokens);
  const size_t n_words = (TestVocabulary::make().bytes.size() + 31) / 32;
  const auto constraint = make_constraint(grammar);
  const auto mask = [&] {
    std::vector<uint32_t> bits(n_words);
    constraint->allowed(bits);
    return bits;
  };
  std::vector<std::vector<uint32_t>> masks;
  for (size_t i = 0; i < tokens.size(); ++i) {
    masks.push_back(mask());
    ASSERT_TRUE(is_allowed(*constraint, tokens[i])) << i;
    constraint->accept(tokens[i]);
    for (size_t n = 1; n <= std::min(i + 1, size_t(Constraint::kMostTakenBack)); ++n) {
      constraint->take_back(int(n));
      for (size_t k = i + 1 - n; k <= i; ++k) {
        ASSERT_EQ(mask(), masks[k]) << i << " " << n << " " << k;
        constraint->accept(tokens[k]);
      }
    }
  }
  EXPECT_TRUE(is_allowed(*constraint, TestVocabulary::kEnd));
}

TEST(CountedText, RunsOfAClassAreCountedBesideMinLengthAndMaxLength) {
  struct Case {
    const char* schema;
    int64_t min, max;
    const char* first;
  };
  const Case cases[] = {
      {R"({"type":"string","pattern":"^[a-z]{1,300}$"})", 1, 300, ""},
      {R"({"type":"string","pattern":"^[a-z_][a-z0-9_]{0,63}$"})", 1, 64, "_"},
      {R"({"type":"string","pattern":"^[a-z0-9]+$","minLength":3,"maxLength":40})", 3, 40, ""},
      {R"({"type":"string","pattern":"^x","maxLength":12})", 1, 12, "x"},
  };
  for (const Case& c : cases) {
    const auto grammar = compiler().compile(JsonSchema{c.schema});
    for (const int64_t n : {c.min - 1, c.min, c.max, c.max + 1}) {
      std::string text = c.first;
      while (int64_t(text.size()) < n) text += 'k';
      text.resize(size_t(n));
      EXPECT_EQ(accepts(grammar, cat("\"", text, "\"")), c.min <= n && n <= c.max)
          << c.schema << " " << n;
    }
    const bool any = std::string_view(c.first) == "x";
    EXPECT_EQ(accepts(grammar, cat("\"", c.first, "Ékkkk\"")), any) << c.schema;
  }
  EXPECT_TRUE(accepts(compiler().compile(JsonSchema{cases[3].schema}), "\"xÉ\\n\""));
}

TEST(CountedText, ParametersInXmlAreCountedUpToTheirEnd) {
  const auto grammar = compiler().compile(JsonSchema{
      R"({"type":"object","properties":{"s":{"type":"string","minLength":2,"maxLength":4}},
                     "required":["s"]})",
      Extras::kNever, Tags{"<parameter=", ">\n", "\n</parameter>", "\n"}});
  const auto takes = [&](const std::string& text) {
    return accepts(grammar, cat("<parameter=s>\n", text, "\n</parameter>\n"));
  };
  for (const char* text : {"ab", "abcd", "<b>x", "\n\n", "a\n\nb", "é漢😀", "\"\\n\""}) {
    EXPECT_EQ(takes(text), code_points(text).size() <= 4) << text;
  }
  for (const char* text : {"", "a", "abcde", "\n\n\n\n\n", "<par>"}) EXPECT_FALSE(takes(text));
}

TEST(CountedText, DifferentCountsOfOnePlaceAreKeptApart) {
  const auto grammar = compiler().compile(JsonSchema{
      R"({"anyOf":[{"type":"object","properties":{"a":{"type":"string","maxLength":3},"b":{"const":1}},
          "required":["a","b"]},{"type":"object","properties":{"a":{"type":"string","maxLength":6},
          "b":{"const":2}},"required":["a","b"]}]})"});
  EXPECT_TRUE(accepts(grammar, R"({"a":"abc","b":1})"));
  EXPECT_TRUE(accepts(grammar, R"({"a":"abc","b":2})"));
  EXPECT_TRUE(accepts(grammar, R"({"a":"abcdef","b":2})"));
  EXPECT_FALSE(accepts(grammar, R"({"a":"abcd","b":1})"));
  EXPECT_FALSE(accepts(grammar, R"({"a":"abcdefg","b":2})"));
}

// Whatever the vocabulary spells, a model cannot write a mark itself and so leave the count.
TEST(CountedText, MarksCannotBeWritten) {
  const auto grammar = compiler().compile(
      JsonSchema{R"({"anyOf":[{"type":"string","maxLength":2},{"enum":["abc"]}]})"});
  std::string mark;
  append_utf8(mark, kFirstCountMark);
  EXPECT_FALSE(accepts(grammar, cat("\"", mark, "long\"")));
  EXPECT_FALSE(accepts(grammar, cat("\"", mark, "a\"")));
  EXPECT_TRUE(accepts(grammar, "\"abc\""));
}

}  // namespace
}  // namespace ridge::grammar
