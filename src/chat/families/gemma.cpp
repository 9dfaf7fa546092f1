// Gemma: call:NAME{key:value} with keys bare and strings between marks, raw inside. Gemma 4 has
// <|tool_call>…<tool_call|> and <|"|> around strings, FunctionGemma <start_function_call>… and
// <escape>.
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/named_json.h"

namespace ridge::chat {
namespace {

struct GemmaMarks {
  std::string_view name, begin, end, quote;
  ThinkMarks think;
};

class GemmaFamily : public Family {
 public:
  explicit GemmaFamily(GemmaMarks marks) : marks_(std::move(marks)) {}
  std::string_view name() const override { return marks_.name; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    NamedJsonMarks marks;
    marks.begin = {cat(marks_.begin, "call:")};
    marks.name_ends = {"{"};
    marks.end = {std::string(marks_.end)};
    marks.raw_quote = marks_.quote;
    return std::make_unique<NamedJsonScanner>(std::move(marks), marks_.think, rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.think = marks_.think;
    notation.begin = cat(marks_.begin, "call:");
    notation.between = notation.begin;
    notation.call = [this](const Tool& tool) {
      return grammar::sequence({literal(tool.name),
                                arguments_source(tool, {.quote = std::string(marks_.quote)}),
                                literal(std::string(marks_.end))});
    };
    return answer_grammar(rules, notation);
  }

 private:
  GemmaMarks marks_;
};

}  // namespace

const Family& gemma_family() {
  static const GemmaFamily family(
      {"gemma", "<|tool_call>", "<tool_call|>", "<|\"|>", {"<|channel>thought\n", "<channel|>"}});
  return family;
}

const Family& function_gemma_family() {
  static const GemmaFamily family(
      {"function-gemma", "<start_function_call>", "<end_function_call>", "<escape>", {}});
  return family;
}

}  // namespace ridge::chat
