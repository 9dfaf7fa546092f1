// Llama 3.x: the whole answer is {"name": …, "parameters": {…}}, after <|python_tag|> or without; a
// further call follows after a semicolon or a line end.
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/tagged_json.h"
#include "chat/typed_value.h"

namespace ridge::chat {
namespace {

class LlamaScanner : public TaggedJsonScanner {
 public:
  explicit LlamaScanner(const AnswerRules& rules)
      : TaggedJsonScanner({{"<|python_tag|>"}, {";"}}, ThinkMarks{}, rules),
        looks_for_brace_(!rules.tools.empty() && rules.choice != ToolChoice::kNone) {}

 protected:
  bool step_body() override {
    if (!looks_for_brace_ || !in_text()) return TaggedJsonScanner::step_body();
    const std::string_view here = rest();
    const size_t blanks = std::min(here.find_first_not_of(" \t\r\n"), here.size());
    if (blanks == here.size() && !at_end()) return false;
    if (blanks < here.size() && here[blanks] == '{') {
      begin_object(here.substr(0, blanks));
      skip(blanks);
      return true;
    }
    looks_for_brace_ = false;  // an answer in words; a call in it has its tag
    return true;
  }

  void after_broken() override { looks_for_brace_ = false; }

 private:
  bool looks_for_brace_;
};

class LlamaFamily : public Family {
 public:
  std::string_view name() const override { return "llama"; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    return std::make_unique<LlamaScanner>(rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = "{\"name\": ";
    notation.between = "; {\"name\": ";
    notation.call = [](const Tool& tool) {
      return grammar::sequence({literal(json_string(tool.name) + ", \"parameters\": "),
                                arguments_source(tool), literal("}")});
    };
    return answer_grammar(rules, notation);
  }
};

}  // namespace

const Family& llama_family() {
  static const LlamaFamily family;
  return family;
}

}  // namespace ridge::chat
