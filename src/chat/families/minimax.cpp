// MiniMax M2: <minimax:tool_call>\n<invoke name="name">\n<parameter name="key">value</parameter>\n
// </invoke>\n</minimax:tool_call>, several calls in one block. Values that are no strings are JSON.
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/tagged_parameters.h"

namespace ridge::chat {
namespace {

class MinimaxFamily : public Family {
 public:
  std::string_view name() const override { return "minimax"; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    ParameterTags tags;
    tags.begin = "<minimax:tool_call>";
    tags.call = "<invoke name=\"";
    tags.name_ends = {"\">"};
    tags.key = "<parameter name=\"";
    tags.key_end = "\">";
    tags.value_end = "</parameter>";
    tags.call_end = "</invoke>";
    tags.end = {"</minimax:tool_call>"};
    tags.line_ends = LineEnds::kOfValues;
    return std::make_unique<TaggedParameterScanner>(std::move(tags), rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = "<minimax:tool_call>\n<invoke name=\"";
    notation.between = "\n<invoke name=\"";
    notation.end = "\n</minimax:tool_call>";
    notation.call = [](const Tool& tool) {
      return grammar::sequence(
          {literal(tool.name + "\">\n"),
           arguments_source(
               tool, {.tags = grammar::Tags{"<parameter name=\"", "\">", "</parameter>", "\n"}}),
           literal("</invoke>")});
    };
    return answer_grammar(rules, notation);
  }
};

}  // namespace

const Family& minimax_family() {
  static const MinimaxFamily family;
  return family;
}

}  // namespace ridge::chat
