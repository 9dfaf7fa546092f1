// Qwen3-Coder and Qwen3.5: <tool_call>\n<function=name>\n<parameter=key>\nvalue\n</parameter>\n
// </function>\n</tool_call>. Models leave <tool_call> out at times, and write Hermes' JSON inside
// it.
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/tagged_parameters.h"

namespace ridge::chat {
namespace {

class QwenXmlFamily : public Family {
 public:
  std::string_view name() const override { return "qwen-xml"; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    ParameterTags tags;
    tags.begin = "<tool_call>";
    tags.call = "<function=";
    tags.name_ends = {">"};
    tags.key = "<parameter=";
    tags.key_end = ">";
    tags.value_end = "</parameter>";
    tags.call_end = "</function>";
    tags.end = {"</tool_call>"};
    return std::make_unique<TaggedParameterScanner>(std::move(tags), rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = "<tool_call>";
    notation.between = "\n<tool_call>";
    notation.call = [](const Tool& tool) {
      return grammar::sequence(
          {literal("\n<function=" + tool.name + ">\n"),
           arguments_source(tool,
                            {.tags = grammar::Tags{"<parameter=", ">\n", "\n</parameter>", "\n"}}),
           literal("</function>\n</tool_call>")});
    };
    return answer_grammar(rules, notation);
  }
};

}  // namespace

const Family& qwen_xml_family() {
  static const QwenXmlFamily family;
  return family;
}

}  // namespace ridge::chat
