// GLM-4.5 and later: <tool_call>name\n<arg_key>key</arg_key>\n<arg_value>value</arg_value>\n
// </tool_call>; from 4.7 on without the line ends. Values that are no strings are JSON.
#include "base/strcat.h"
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/tagged_parameters.h"

namespace ridge::chat {
namespace {

class GlmFamily : public Family {
 public:
  struct Form {
    std::string_view name;
    std::string_view line_end;  // between tags
  };
  explicit GlmFamily(Form form) : form_(form) {}
  std::string_view name() const override { return form_.name; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    ParameterTags tags;
    tags.begin = "<tool_call>";
    tags.name_ends = {"\n", "<arg_key>", "</tool_call>"};
    tags.key = "<arg_key>";
    tags.key_end = "</arg_key>";
    tags.value = "<arg_value>";
    tags.value_end = "</arg_value>";
    tags.call_end = "</tool_call>";
    tags.end = {"</tool_call>"};  // after Hermes' JSON
    tags.line_ends = LineEnds::kOfValues;
    return std::make_unique<TaggedParameterScanner>(std::move(tags), rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    const std::string line_end(form_.line_end);
    CallNotation notation;
    notation.begin = "<tool_call>";
    notation.between = line_end + "<tool_call>";
    const grammar::Tags tags{"<arg_key>", cat("</arg_key>", line_end, "<arg_value>"),
                             "</arg_value>", line_end};
    notation.call = [line_end, tags](const Tool& tool) {
      return grammar::sequence({literal(tool.name + line_end),
                                arguments_source(tool, {.tags = tags}), literal("</tool_call>")});
    };
    return answer_grammar(rules, notation);
  }

 private:
  Form form_;
};

}  // namespace

const Family& glm_family() {
  static const GlmFamily family({"glm", "\n"});
  return family;
}

const Family& glm_flat_family() {
  static const GlmFamily family({"glm-flat", ""});
  return family;
}

}  // namespace ridge::chat
