// Hermes, Qwen2.5, Qwen3 and many others: <tool_call>\n{"name": …, "arguments": {…}}\n</tool_call>,
// one block a call. `generic` is the same for models whose template knows no tools: they are told
// of this notation in a system message.
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/tagged_json.h"
#include "chat/typed_value.h"

namespace ridge::chat {
namespace {

class HermesFamily : public Family {
 public:
  explicit HermesFamily(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    return std::make_unique<TaggedJsonScanner>(TaggedJsonMarks{{"<tool_call>"}, {"</tool_call>"}},
                                               ThinkMarks{}, rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = "<tool_call>";
    notation.between = "\n<tool_call>";
    notation.call = [](const Tool& tool) {
      return grammar::sequence(
          {literal("\n{\"name\": " + json_string(tool.name) + ", \"arguments\": "),
           arguments_source(tool), literal("}\n</tool_call>")});
    };
    return answer_grammar(rules, notation);
  }

 private:
  std::string_view name_;
};

}  // namespace

const Family& hermes_family() {
  static const HermesFamily family("hermes");
  return family;
}

const Family& generic_family() {
  static const HermesFamily family("generic");
  return family;
}

}  // namespace ridge::chat
