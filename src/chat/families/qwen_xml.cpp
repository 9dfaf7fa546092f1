// Qwen3-Coder and Qwen3.5: <tool_call>\n<function=name>\n<parameter=key>\nvalue\n</parameter>\n
// </function>\n</tool_call>. Models leave <tool_call> out at times, and write Hermes' JSON inside
// it. Seed-OSS has <seed:tool_call>, and values without line ends around them.
#include "base/strcat.h"
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/tagged_parameters.h"

namespace ridge::chat {
namespace {

class QwenXmlFamily : public Family {
 public:
  struct Form {
    std::string_view name;
    std::string_view begin, end;  // around a call
    std::string_view line_end;    // around a value
    LineEnds line_ends;
    ThinkMarks think;
  };
  explicit QwenXmlFamily(Form form) : form_(std::move(form)) {}
  std::string_view name() const override { return form_.name; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    ParameterTags tags;
    tags.begin = form_.begin;
    tags.call = "<function=";
    tags.name_ends = {">"};
    tags.key = "<parameter=";
    tags.key_end = ">";
    tags.value_end = "</parameter>";
    tags.call_end = "</function>";
    tags.end = {std::string(form_.end)};
    tags.line_ends = form_.line_ends;
    tags.think = form_.think;
    return std::make_unique<TaggedParameterScanner>(std::move(tags), rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = form_.begin;
    notation.between = cat("\n", form_.begin);
    notation.think = form_.think;
    const grammar::Tags tags{"<parameter=", cat(">", form_.line_end),
                             cat(form_.line_end, "</parameter>"), "\n"};
    notation.call = [this, tags](const Tool& tool) {
      return grammar::sequence({literal("\n<function=" + tool.name + ">\n"),
                                arguments_source(tool, {.tags = tags}),
                                literal(cat("</function>\n", form_.end))});
    };
    return answer_grammar(rules, notation);
  }

 private:
  Form form_;
};

}  // namespace

const Family& qwen_xml_family() {
  static const QwenXmlFamily family(
      {"qwen-xml", "<tool_call>", "</tool_call>", "\n", LineEnds::kOfTags, {}});
  return family;
}

const Family& seed_oss_family() {
  static const QwenXmlFamily family({"seed-oss",
                                     "<seed:tool_call>",
                                     "</seed:tool_call>",
                                     "",
                                     LineEnds::kOfValues,
                                     {"<seed:think>", "</seed:think>"}});
  return family;
}

}  // namespace ridge::chat
