#include "chat/family.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/strcat.h"
#include "base/utf8.h"
#include "chat/recorded_outputs.h"
#include "grammar/test_vocabulary.h"

namespace ridge::chat {
namespace {

using Json = nlohmann::json;

const RecordedOutputs& recorded() {
  static const RecordedOutputs all = recorded_outputs();
  return all;
}

ParsedAnswer parse(const RecordedOutput& output, std::string_view text, Ending ending) {
  return parse_answer(*output.family->parser(recorded().rules), text, ending);
}

ParsedAnswer parse_in_pieces(const RecordedOutput& output,
                             const std::vector<std::string_view>& pieces) {
  const auto parser = output.family->parser(recorded().rules);
  ParsedAnswer answer;
  for (const std::string_view piece : pieces) {
    for (const Event& event : parser->push(piece)) add(event, answer);
  }
  for (const Event& event : parser->finish(Ending::kComplete)) add(event, answer);
  answer.unparsed_calls = parser->unparsed_calls();
  return answer;
}

std::string show(const ParsedAnswer& answer) {
  Json out = {{"content", answer.content}, {"unparsed", answer.unparsed_calls}};
  if (!answer.reasoning.empty()) out["reasoning"] = answer.reasoning;
  out["calls"] = Json::array();
  for (const auto& call : answer.calls) {
    out["calls"].push_back({call.name, call.arguments, call.id, call.whole});
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A value cut short: strings, lists and objects may end early, the rest is there or is not.
bool is_prefix(const Json& part, const Json& whole) {
  if (part.is_string() && whole.is_string()) {
    return whole.get<std::string>().starts_with(part.get<std::string>());
  }
  if (part.is_array() && whole.is_array()) {
    if (part.size() > whole.size()) return false;
    for (size_t i = 0; i < part.size(); ++i) {
      const bool last = i + 1 == part.size();
      if (last ? !is_prefix(part[i], whole[i]) : part[i] != whole[i]) return false;
    }
    return true;
  }
  if (part.is_object() && whole.is_object()) {
    int n_shorter = 0;
    for (const auto& [key, value] : part.items()) {
      if (!whole.contains(key) || !is_prefix(value, whole[key])) return false;
      n_shorter += value != whole[key];
    }
    return n_shorter <= 1;
  }
  return part == whole;
}

TEST(Families, RecordedOutputsMeanWhatTheirFamilyMeans) {
  ASSERT_GE(recorded().outputs.size(), 200u);
  for (const RecordedOutput& output : recorded().outputs) {
    ASSERT_NE(output.family, nullptr);
    SCOPED_TRACE(std::string(output.family->name()) + " " + output.title + "\n" + output.text);
    const ParsedAnswer answer = parse(output, output.text, Ending::kComplete);
    EXPECT_EQ(answer.content, output.meaning["content"].get<std::string>());
    EXPECT_EQ(answer.reasoning, output.meaning.value("reasoning", ""));
    EXPECT_EQ(answer.unparsed_calls, output.meaning["unparsed"].get<int>());
    const Json& calls = output.meaning["calls"];
    ASSERT_EQ(answer.calls.size(), calls.size()) << show(answer);
    for (size_t i = 0; i < calls.size(); ++i) {
      EXPECT_EQ(answer.calls[i].name, calls[i]["name"].get<std::string>());
      EXPECT_EQ(answer.calls[i].id, calls[i].value("id", ""));
      EXPECT_TRUE(answer.calls[i].whole);
      ASSERT_TRUE(Json::accept(answer.calls[i].arguments)) << answer.calls[i].arguments;
      EXPECT_EQ(Json::parse(answer.calls[i].arguments), calls[i]["arguments"]);
    }
  }
}

TEST(Families, TheSameIsSaidHoweverTheTextIsSplit) {
  for (const RecordedOutput& output : recorded().outputs) {
    SCOPED_TRACE(std::string(output.family->name()) + " " + output.title);
    const std::string_view text = output.text;
    const std::string whole = show(parse(output, text, Ending::kComplete));
    for (size_t i = 1; i < text.size(); ++i) {
      ASSERT_EQ(show(parse_in_pieces(output, {text.substr(0, i), text.substr(i)})), whole)
          << "split after " << text.substr(0, i);
    }
    std::vector<std::string_view> bytes;
    for (size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
    ASSERT_EQ(show(parse_in_pieces(output, bytes)), whole) << "byte by byte";
  }
}

TEST(Families, CutAnywhereArgumentsAreValidJsonAndABeginningOfTheWhole) {
  for (const RecordedOutput& output : recorded().outputs) {
    SCOPED_TRACE(std::string(output.family->name()) + " " + output.title);
    const ParsedAnswer whole = parse(output, output.text, Ending::kComplete);
    for (size_t i = 0; i < output.text.size(); ++i) {
      SCOPED_TRACE(output.text.substr(0, i));
      const ParsedAnswer part =
          parse(output, std::string_view(output.text).substr(0, i), Ending::kCut);
      ASSERT_LE(part.calls.size(), whole.calls.size());
      for (size_t k = 0; k < part.calls.size(); ++k) {
        ASSERT_EQ(part.calls[k].name, whole.calls[k].name);
        ASSERT_TRUE(is_valid_utf8(part.calls[k].arguments));
        ASSERT_TRUE(Json::accept(part.calls[k].arguments)) << part.calls[k].arguments;
        ASSERT_TRUE(
            is_prefix(Json::parse(part.calls[k].arguments), Json::parse(whole.calls[k].arguments)))
            << part.calls[k].arguments;
      }
    }
  }
}

TEST(Families, WithoutToolsACallIsText) {
  for (const RecordedOutput& output : recorded().outputs) {
    const ParsedAnswer answer =
        parse_answer(*output.family->parser({}), output.text, Ending::kComplete);
    EXPECT_TRUE(answer.calls.empty()) << output.family->name() << " " << output.title;
    EXPECT_EQ(answer.unparsed_calls, 0);
  }
}

TEST(Families, ReasoningThatThePromptOpenedIsReasoning) {
  AnswerRules rules;
  rules.prompt_end = "<|im_start|>assistant\n<think>\n";
  const ParsedAnswer answer = parse_answer(*find_family("hermes")->parser(rules),
                                           "Hm.\n</think>\n\nYes.", Ending::kComplete);
  EXPECT_EQ(answer.reasoning, "Hm.");
  EXPECT_EQ(answer.content, "Yes.");
  rules.prompt_end = "<think>\n\n</think>\n\n";
  EXPECT_EQ(parse_answer(*find_family("hermes")->parser(rules), "Yes.", Ending::kComplete).content,
            "Yes.");
}

TEST(Families, TextIsHeldBackOnlyWhileItMayBeAMark) {
  const auto parser = find_family("hermes")->parser(recorded().rules);
  const auto text_of = [](const std::vector<Event>& events) {
    std::string out;
    for (const Event& event : events) out += event.text;
    return out;
  };
  EXPECT_EQ(text_of(parser->push("Hello")), "Hello");
  EXPECT_EQ(text_of(parser->push(" a<tool")), " a");
  EXPECT_EQ(text_of(parser->push("box")), "<toolbox");
}

// The parser once went back and forth for ever between a mark and a header that it does not begin.
TEST(Families, AMarkWithoutAHeaderIsText) {
  for (const std::string_view mark : {"<|channel|>", "Hm.<|channel|>", "to="}) {
    const std::string answer = cat(mark, std::string(2000, 'a'));
    const auto parser = find_family("harmony")->parser(recorded().rules);
    EXPECT_EQ(parse_answer(*parser, answer, Ending::kComplete).content, answer);
  }
}

// As prompts show it, and histories where the template cannot.
TEST(Families, ACallInWordsIsReadBack) {
  const char* const arguments =
      R"({"name": "A \"B\"", "nights": 3, "smoking": true, "tags": ["é"]})";
  for (const char* name :
       {"hermes", "generic", "qwen-xml", "glm", "kimi", "deepseek", "deepseek-r1", "cohere",
        "command-r", "granite", "nemotron", "firefunction", "apriel", "apertus", "gigachat",
        "gigachat-message", "minimax-m1", "functionary", "lfm2"}) {
    SCOPED_TRACE(name);
    const Family& family = *find_family(name);
    const ParsedAnswer answer =
        parse_answer(*family.parser(recorded().rules), family.written_call("book", arguments),
                     Ending::kComplete);
    ASSERT_EQ(answer.calls.size(), 1u) << answer.content;
    EXPECT_EQ(answer.calls[0].name, "book");
    EXPECT_TRUE(answer.calls[0].whole);
    EXPECT_EQ(Json::parse(answer.calls[0].arguments), Json::parse(arguments));
    EXPECT_EQ(answer.content, "");
  }
}

// A client sees a file being written. Mistral's lists have a call's id after it.
TEST(Families, ArgumentsStreamBeforeTheyAreWhole) {
  for (const RecordedOutput& output : recorded().outputs) {
    if (output.title != "texts" || output.family->name() == "mistral-list") continue;
    SCOPED_TRACE(output.family->name());
    const auto parser = output.family->parser(recorded().rules);
    const size_t inside = output.text.find("return");
    ASSERT_NE(inside, std::string::npos);
    ParsedAnswer answer;
    for (const Event& event : parser->push(output.text.substr(0, inside))) add(event, answer);
    ASSERT_EQ(answer.calls.size(), 1u);
    EXPECT_EQ(answer.calls[0].name, "write_file");
    EXPECT_NE(answer.calls[0].arguments.find("def f(x):"), std::string::npos);
  }
}

// Of the answers above those that are calls alone, and the same with a boolean for a number.
TEST(Families, GrammarsTakeWhatTheFamilyWritesAndBindItsTypes) {
  grammar::GrammarCompiler compiler(grammar::TestVocabulary::make());
  AnswerRules rules = recorded().rules;
  rules.choice = ToolChoice::kRequired;
  int n_calls = 0;
  for (const RecordedOutput& output : recorded().outputs) {
    const bool alone = output.title == "one" || output.title == "typed" ||
                       output.title == "texts" || output.title == "empty" ||
                       output.title == "numbers" || output.title == "nested";
    if (!alone || output.meaning["calls"].empty()) continue;
    SCOPED_TRACE(std::string(output.family->name()) + " " + output.title + "\n" + output.text);
    const auto grammar = compiler.compile(*output.family->grammar(rules));
    EXPECT_TRUE(grammar::accepts(grammar, output.text));
    ++n_calls;
    if (output.title != "typed") continue;
    std::string wrong = output.text;
    wrong.replace(wrong.find('3'), 1, "true");
    EXPECT_FALSE(grammar::accepts(grammar, wrong));
  }
  EXPECT_EQ(n_calls, int(family_names().size()) * 6);
}

// With several calls; and where nothing is demanded, with words and reasoning before them.
TEST(Families, GrammarsTakeCallsInARowAndWhatComesBeforeThem) {
  grammar::GrammarCompiler compiler(grammar::TestVocabulary::make());
  AnswerRules required = recorded().rules, free = recorded().rules;
  required.choice = ToolChoice::kRequired;
  required.reasons = true;
  int n_in_a_row = 0, n_before = 0;
  for (const RecordedOutput& output : recorded().outputs) {
    SCOPED_TRACE(std::string(output.family->name()) + " " + output.title + "\n" + output.text);
    const bool one_at_most = output.family->name() == "harmony";
    if ((output.title == "two" || output.title == "three") && !one_at_most) {
      EXPECT_TRUE(
          grammar::accepts(compiler.compile(*output.family->grammar(required)), output.text));
      ++n_in_a_row;
    }
    if (output.title == "words-then-call" || output.title == "thought-then-call") {
      EXPECT_TRUE(grammar::accepts(compiler.compile(*output.family->grammar(free)), output.text));
      ++n_before;
    }
    if (output.title == "thought-then-call") {
      EXPECT_TRUE(
          grammar::accepts(compiler.compile(*output.family->grammar(required)), output.text));
    }
  }
  EXPECT_GE(n_in_a_row, 50);
  EXPECT_GE(n_before, 50);
}

TEST(Families, EveryNameIsFoundAgain) {
  for (const std::string_view name : family_names()) {
    ASSERT_NE(find_family(name), nullptr);
    EXPECT_EQ(find_family(name)->name(), name);
  }
  EXPECT_EQ(find_family("no such family"), nullptr);
  EXPECT_EQ(family_of("{{ messages }}").name(), "generic");
}

}  // namespace
}  // namespace ridge::chat
