#include "grammar/compiler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "base/strcat.h"
#include "grammar/number_range.h"
#include "grammar/test_vocabulary.h"

namespace ridge::grammar {
namespace {

GrammarCompiler& compiler() {
  static GrammarCompiler shared(TestVocabulary::make());
  return shared;
}

std::string error_of(const Source& source) {
  try {
    compiler().compile(source);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
    return error.what();
  }
}

TEST(GrammarCompiler, GbnfSaysItsTextsAndNoOthers) {
  const auto sums = compiler().compile(Gbnf{R"gbnf(
    root ::= sum ("=" sum)?   # a comment
    sum ::= term ([-+] term)*
    term ::= [0-9]+ | "(" sum ")" | "\x22" "é"{2,3} "\n"
  )gbnf"});
  for (const char* text : {"1", "12+3-4", "(1+2)=3", "\"éé\n", "\"ééé\n+1"}) {
    EXPECT_TRUE(accepts(sums, text)) << text;
  }
  for (const char* text : {"", "+", "1+", "((1)", "\"é\n", "1=2=3"}) {
    EXPECT_FALSE(accepts(sums, text)) << text;
  }
  const auto lines =
      compiler().compile(Gbnf{"root ::=\n  \"a\" |\n  \"b\"\n  | \"c\" .? [^x]\nz ::= root\n"});
  EXPECT_TRUE(accepts(lines, "b"));
  EXPECT_TRUE(accepts(lines, "cxy"));
  EXPECT_FALSE(accepts(lines, "cx"));
}

TEST(GrammarCompiler, GbnfThatCannotWorkIsRefusedByItsReason) {
  const std::string groups =
      "root ::= " + std::string(60000, '(') + "\"a\"" + std::string(60000, ')');
  const std::pair<std::string, const char*> refused[] = {
      {"", "root"},
      {"start ::= \"a\"", "root"},
      {"root ::= other", "'other'"},
      {"root ::= root \"a\" | \"b\"", "left recursion"},
      {"root ::= a\na ::= b? root \"x\" | \"y\"\nb ::= \"z\"?", "left recursion"},
      {"root ::= \"a\" root", "end"},
      {"root ::= a\na ::= \"x\" b\nb ::= a \"y\"", "end"},
      {"root ::= \"a\nroot2 ::= \"b\"", "closing"},
      {"root ::= \"a\"\nroot ::= \"b\"", "twice"},
      {"root ::= (\"a\"", "("},
      {"root ::= [a", "["},
      {"root ::= [z-a]", "wrong way"},
      {"root ::= \"a\"{3,1}", "wrong way"},
      {"root ::= \"a\"{99999999999}", "limit"},
      {"root ::= \"a\"{1000000}", "limit"},
      {"root ::= ((\"a\"{4000}){4000}){4000}", "too large"},
      {"root ::= \"a\"****", "two repetitions"},
      {"root \"a\"", "::="},
      {"root ::= \"\\q\"", "escape"},
      {"root ::= [\\U7fffffff]", "code point"},
      {"root ::= TagDispatch", "'TagDispatch'"},
      {"root ::= \"\xff\"", "UTF-8"},
      {groups, "deeper"},
  };
  for (const auto& [grammar, words] : refused) {
    EXPECT_NE(error_of(Gbnf{grammar}).find(words), std::string::npos)
        << grammar.substr(0, 80) << "\n"
        << error_of(Gbnf{grammar});
  }
}

TEST(GrammarCompiler, RegexMatchesTheWholeText) {
  struct Case {
    const char* pattern;
    std::vector<const char*> valid, invalid;
  };
  const Case cases[] = {
      {"a+b?", {"a", "aab"}, {"", "b", "ba"}},
      {"^(foo|ba[rz])$", {"foo", "baz"}, {"bax", "foobar"}},
      {"\\d{2,3}-\\w*", {"12-", "123-a_Z9"}, {"1-", "1234-"}},
      {"[^a-c\\s]+", {"xyz", "é"}, {"a", "x y", ""}},
      {".", {"x", "é", "\t"}, {"\n", "", "xx"}},
      {"(a+)+b", {"aaab"}, {"aaaa", "b"}},
      {"(a*)*", {"", "aaaa"}, {"b"}},
      {"(?:x|(?<n>y))\\.", {"x.", "y."}, {"xa"}},
      {"\\u00e9\\x41\\u{1F600}", {"éA😀"}, {"eA"}},
      {"", {""}, {"a"}},
      {"a|", {"a", ""}, {"b"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.pattern);
    const auto grammar = compiler().compile(Regex{c.pattern});
    for (const char* text : c.valid) EXPECT_TRUE(accepts(grammar, text)) << text;
    for (const char* text : c.invalid) EXPECT_FALSE(accepts(grammar, text)) << text;
  }
  for (const char* bad :
       {"(", ")", "[", "a**", "*", "a{2,1}", "(?=a)", "(?<!a)b", "\\1", "\\bx", "\\pL", "a^b",
        "x{100000}", "((a{500}){500}){500}", "[b-a]", "\\", "\\u12"}) {
    EXPECT_NE(error_of(Regex{bad}), "") << bad;
  }
  EXPECT_NE(error_of(Regex{std::string(60000, '(') + std::string(60000, ')')}), "");
  EXPECT_NE(error_of(Regex{std::string(300 << 10, 'a')}).find("limit"), std::string::npos);
}

TEST(GrammarCompiler, ChoicesAndLiteralsAreMeantToTheLetter) {
  const auto grammar = compiler().compile(Choice{{"yes", "no \"quoted\"\n", "<call>"}});
  for (const char* text : {"yes", "no \"quoted\"\n"}) EXPECT_TRUE(accepts(grammar, text));
  EXPECT_TRUE(accepts(grammar, "<call>", ControlNamesIn::kText));
  EXPECT_FALSE(accepts(grammar, "ye"));
  EXPECT_NE(error_of(Choice{{}}), "");
  EXPECT_NE(error_of(Choice{{"\xc3"}}), "");
}

TEST(GrammarCompiler, ControlTokensComeOnlyWhereALiteralNamesThem) {
  const auto json = compiler().compile(AnyJson{AnyJson::Root::kValue});
  EXPECT_TRUE(accepts(json, "\"<call>\"", ControlNamesIn::kText));
  EXPECT_FALSE(accepts(json, "\"<call>\""));
  const auto named = compiler().compile(
      sequence({Literal{"a<call>b"}, FreeText{{"</call>"}}, Literal{"</call>"}}));
  EXPECT_TRUE(accepts(named, "a<call>bxyz</call>"));
  EXPECT_FALSE(accepts(named, "a<call>bx<call></call>"));
  EXPECT_FALSE(accepts(named, "a<call>bxyz", ControlNamesIn::kText));
}

TEST(GrammarCompiler, ATriggerBindsWhatFollowsIt) {
  const Source body =
      sequence({JsonSchema{R"({"type":"object","properties":{"a":{"type":"integer"}},
                                              "required":["a"]})",
                           Extras::kNever},
                Literal{"</call>"}});
  for (const char* trigger : {"<call>", "<<"}) {
    SCOPED_TRACE(trigger);
    const auto again = compiler().compile(triggered({{{trigger, body}}}));
    EXPECT_TRUE(accepts(again, "any text, {\"a\": x}"));
    EXPECT_TRUE(accepts(again, ""));
    EXPECT_TRUE(accepts(
        again, cat("well ", trigger, "{\"a\":1}</call> and ", trigger, "{\"a\":2}</call>.")));
    EXPECT_FALSE(accepts(again, cat(trigger, "{\"b\":1}</call>")));
    EXPECT_FALSE(accepts(again, cat(trigger, "{\"a\":1}")));
    const auto once =
        compiler().compile(triggered({{{trigger, body}}, Triggered::Afterwards::kEnds}));
    EXPECT_TRUE(accepts(once, cat("well ", trigger, "{\"a\":1}</call>")));
    EXPECT_FALSE(accepts(once, cat(trigger, "{\"a\":1}</call> and")));
    EXPECT_TRUE(accepts(once, "words"));
  }
  EXPECT_TRUE(accepts(compiler().compile(triggered({{{"<<", body}}})), "free <call> </call> text"));
}

TEST(GrammarCompiler, RepeatsAndAlternativesCompose) {
  const auto grammar = compiler().compile(
      sequence({optional(Literal{"x"}), repeat(any_of({Literal{"a"}, Literal{"bc"}}), 1, 2)}));
  for (const char* text : {"a", "xbc", "abc", "xaa"}) EXPECT_TRUE(accepts(grammar, text)) << text;
  for (const char* text : {"", "x", "aaa", "b"}) EXPECT_FALSE(accepts(grammar, text)) << text;
}

TEST(GrammarCompiler, XmlParametersAreTypedBySchema) {
  const auto grammar = compiler().compile(JsonSchema{
      R"({"type":"object","properties":{"s":{"type":"string"},"n":{"type":"integer"},
          "e":{"enum":["x","y"]},"o":{"type":"array","items":{"type":"string"}}},"required":["s","n"]})",
      Extras::kNever, Tags{"<parameter=", ">\n", "\n</parameter>", "\n"}});
  EXPECT_TRUE(accepts(
      grammar, "<parameter=s>\nfree <b> text\n\n</parameter>\n<parameter=n>\n12\n</parameter>\n"));
  EXPECT_TRUE(accepts(grammar,
                      "<parameter=s>\n\n</parameter>\n<parameter=n>\n1\n</parameter>\n"
                      "<parameter=e>\nx\n</parameter>\n<parameter=o>\n[\"a\"]\n</parameter>\n"));
  EXPECT_FALSE(accepts(grammar, "<parameter=s>\na\n</parameter>\n"));
  EXPECT_FALSE(
      accepts(grammar, "<parameter=s>\na\n</parameter>\n<parameter=n>\nx\n</parameter>\n"));
}

TEST(GrammarCompiler, ParametersMayHaveOneOfSomeAttributes) {
  const auto grammar = compiler().compile(JsonSchema{
      R"({"type":"object","properties":{"s":{"type":"string"},"n":{"type":"integer"}}})",
      Extras::kNever, Tags{"<p name=\"", ">", "</p>", "", {"\" text=\"yes\"", "\" text=\"no\""}}});
  EXPECT_TRUE(accepts(grammar, R"(<p name="s" text="yes">a</p><p name="n" text="no">12</p>)"));
  EXPECT_FALSE(accepts(grammar, R"(<p name="s">a</p>)"));
  EXPECT_FALSE(accepts(grammar, R"(<p name="s" text="maybe">a</p>)"));
  EXPECT_FALSE(accepts(grammar, R"(<p name="n" text="no">x</p>)"));
}

TEST(GrammarCompiler, KeywordArgumentsAreTypedBySchemaAndHavePythonsWords) {
  const char* const schema =
      R"({"type":"object","properties":{"s":{"type":"string","maxLength":3},"n":{"type":"integer"},
          "b":{"$ref":"#/$defs/b"},"e":{"enum":["x",null]},"l":{"type":"array","items":{"$ref":"#/$defs/b"}}},
          "required":["s"],"$defs":{"b":{"type":"boolean"}}})";
  JsonSchema keywords{schema, Extras::kNever};
  keywords.keywords = true;
  const auto grammar = compiler().compile(keywords);
  for (const char* text : {R"(s="a", n=3)", R"(s="a", b=True, e=None, l=[true,false])", R"(s="")",
                           R"(s="a", b=false, e="x")"}) {
    EXPECT_TRUE(accepts(grammar, text)) << text;
  }
  for (const char* text : {"n=3", R"(s="abcd")", R"(s="a", n=True)", R"(s="a", l=[True])",
                           R"(s="a" n=3)", R"("s"="a")", R"({"s":"a"})", "s='a'", R"(s="a",)"}) {
    EXPECT_FALSE(accepts(grammar, text)) << text;
  }
  keywords.schema = R"({"type":"object"})";
  const auto any = compiler().compile(keywords);
  EXPECT_TRUE(accepts(any, ""));
  EXPECT_TRUE(accepts(any, R"(a={"b":[1]}, c_1="x")"));
  keywords.schema = R"({"type":"object","properties":{}})";
  EXPECT_TRUE(accepts(compiler().compile(keywords), ""));
  EXPECT_FALSE(accepts(compiler().compile(keywords), "a=1"));
}

double value_of(const std::string& text) {
  return std::stod(text);
}

// The law of number ranges: a number of few digits is said exactly when it lies between the limits.
TEST(GrammarCompiler, NumbersAreSaidExactlyBetweenTheirLimits) {
  Rng rng(7);
  const auto decimal = [&](int n_digits) {
    std::string out = rng.uniform() < 0.5f ? "-" : "";
    out += std::to_string(int(rng.uniform() * (rng.uniform() < 0.5f ? 3 : 120)));
    if (n_digits > 0) {
      out += '.';
      for (int i = 0; i < n_digits; ++i) out += char('0' + int(rng.uniform() * 10) % 10);
    }
    return out;
  };
  for (int round = 0; round < 60; ++round) {
    std::string low = decimal(round % 4), high = decimal(round % 3);
    if (value_of(low) > value_of(high)) std::swap(low, high);
    const bool low_excluded = round % 2 == 0, high_excluded = round % 5 == 0;
    const std::string schema =
        cat("{\"type\":\"number\",\"", low_excluded ? "exclusiveMinimum" : "minimum", "\":", low,
            ",\"", high_excluded ? "exclusiveMaximum" : "maximum", "\":", high, "}");
    SCOPED_TRACE(schema);
    std::shared_ptr<const Grammar> grammar;
    try {
      grammar = compiler().compile(JsonSchema{schema});
    } catch (const Error&) {
      EXPECT_EQ(value_of(low), value_of(high));  // only then is nothing left
      continue;
    }
    std::vector<std::string> probes = {low, high, "0"};
    for (int i = 0; i < 40; ++i) probes.push_back(decimal(i % 4));
    for (const std::string& probe : probes) {
      const double x = value_of(probe);
      if (x == 0 && probe.starts_with('-')) continue;  // minus zero need not be said
      const bool above = low_excluded ? x > value_of(low) : x >= value_of(low);
      const bool below = high_excluded ? x < value_of(high) : x <= value_of(high);
      EXPECT_EQ(accepts(grammar, probe), above && below) << probe;
    }
  }
}

TEST(GrammarCompiler, IntegersAreSaidExactlyBetweenTheirLimits) {
  Rng rng(11);
  for (int round = 0; round < 40; ++round) {
    const auto pick = [&] { return int(rng.uniform() * 2400) - 1200; };
    int low = pick(), high = pick();
    if (low > high) std::swap(low, high);
    const auto grammar = compiler().compile(
        JsonSchema{cat("{\"type\":\"integer\",\"minimum\":", low, ",\"maximum\":", high, "}")});
    for (int i = 0; i < 60; ++i) {
      const int x = i < 4 ? (i < 2 ? low : high) + (i % 2 ? 1 : -1) * (i / 2 ? 1 : -1) : pick();
      EXPECT_EQ(accepts(grammar, cat(x)), low <= x && x <= high) << low << ".." << high << " " << x;
    }
  }
}

// A walk through random allowed tokens; after a while towards the end.
std::string random_answer(Constraint& constraint, uint64_t seed) {
  static const Vocabulary vocabulary = TestVocabulary::make();
  Rng rng(seed);
  std::string out;
  std::vector<uint32_t> bits((vocabulary.bytes.size() + 31) / 32);
  for (int step = 0; step < 3000; ++step) {
    EXPECT_TRUE(constraint.allowed(bits)) << "everything is allowed after " << out;
    std::vector<int32_t> allowed;
    for (size_t t = 0; t < vocabulary.bytes.size(); ++t) {
      if ((bits[t / 32] >> (t % 32)) & 1) allowed.push_back(int32_t(t));
    }
    if (allowed.empty()) return "stuck after " + out;
    int32_t token = allowed[rng() % allowed.size()];
    constexpr int32_t kClosing[] = {']', '}', 'x', '"', TestVocabulary::kEnd};
    for (const int32_t closing : kClosing) {
      const bool may = std::find(allowed.begin(), allowed.end(), closing) != allowed.end();
      if (step > 150 && may) token = closing;
    }
    constraint.accept(token);
    if (token == TestVocabulary::kEnd) return out;
    out += vocabulary.bytes[size_t(token)];
  }
  return "endless: " + out;
}

TEST(GrammarCompiler, RandomWalksEndInValidJson) {
  const Source sources[] = {
      AnyJson{AnyJson::Root::kObject},
      AnyJson{AnyJson::Root::kValue},
      JsonSchema{R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"number"}},
                     "b":{"type":"string","maxLength":5},"c":{"type":"string","pattern":"^.*x$"},
                     "d":{"enum":[1,"two",null]},"e":{"type":"object"}},"required":["b","d"],
                     "additionalProperties":{"type":"boolean"}})"},
  };
  for (const Source& source : sources) {
    const auto grammar = compiler().compile(source);
    for (uint64_t seed = 0; seed < 60; ++seed) {
      const auto constraint = make_constraint(grammar);
      const std::string answer = random_answer(*constraint, seed);
      EXPECT_TRUE(nlohmann::json::accept(answer)) << answer;
    }
  }
}

TEST(GrammarCompiler, TakingBackIsAsIfItHadNeverBeenSaid) {
  const auto grammar = compiler().compile(JsonSchema{
      R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"}}},"required":["a"],"additionalProperties":true})"});
  const auto tokens = byte_tokens("{\"a\":[1,23],\"b\":\"x\\u00e9\"}", ControlNamesIn::kTokens);
  const auto constraint = make_constraint(grammar);
  const size_t n_words = (TestVocabulary::make().bytes.size() + 31) / 32;
  std::vector<std::vector<uint32_t>> masks;
  const auto mask = [&] {
    std::vector<uint32_t> bits(n_words);
    constraint->allowed(bits);
    return bits;
  };
  for (const int32_t token : tokens) {
    masks.push_back(mask());
    constraint->accept(token);
  }
  constraint->accept(TestVocabulary::kEnd);
  constraint->take_back(1);
  for (size_t n = 1; n <= size_t(Constraint::kMostTakenBack); ++n) {
    constraint->take_back(int(n));
    EXPECT_EQ(mask(), masks[tokens.size() - n]) << n;
    for (size_t i = tokens.size() - n; i < tokens.size(); ++i) {
      EXPECT_EQ(mask(), masks[i]);
      constraint->accept(tokens[i]);
    }
  }
  EXPECT_TRUE(is_allowed(*constraint, TestVocabulary::kEnd));
}

TEST(GrammarCompiler, TheSameSourceIsCompiledOnceAndFromAnyThread) {
  GrammarCompiler fresh(TestVocabulary::make());
  const Source source = sequence({Literal{"a"}, AnyJson{}});
  const auto first = fresh.compile(source);
  EXPECT_EQ(fresh.compile(source), first);
  EXPECT_NE(fresh.compile(sequence({Literal{"b"}, AnyJson{}})), first);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 8; ++k) {
        const auto grammar = fresh.compile(Choice{{cat("x", (i + k) % 5)}});
        EXPECT_TRUE(accepts(grammar, cat("x", (i + k) % 5)));
      }
    });
  }
}

TEST(GrammarCompiler, WhatIsNotUsedIsForgottenFirst) {
  CompilerLimits limits;
  limits.cache_bytes = 1;  // one grammar always stays
  GrammarCompiler small(TestVocabulary::make(), limits);
  const auto first = small.compile(Literal{"a"});
  EXPECT_EQ(small.compile(Literal{"a"}), first);
  small.compile(Literal{"b"});
  EXPECT_NE(small.compile(Literal{"a"}), first);
}

}  // namespace
}  // namespace ridge::grammar
